/**
 * What the files of `SCRIPTS` (scripts.mjs) have in place of valibot: the same schemas, the same results and the same
 * first issue, in a third of its size. test/protocol/valibot-stand-in.test.ts compares the two.
 *
 * It has the names that protocol/ uses; one that is missing fails the build (vite.config.mjs).
 *
 * Left out is what nobody asks a frame for: messages, all issues but the first, and what was sent.
 */

/** What is wrong, and where. */
class Issue {
  path: PropertyKey[] | undefined;

  constructor(
    /** What should be there, in words. */
    readonly expected: string | null,
    /** The type of what is there. */
    readonly received: string,
  ) {}
}

interface Schema {
  /** @returns what the value becomes, or an {@link Issue}. */
  readonly run: (value: unknown) => unknown;
  readonly expects: string | null;
  /** The fields of an object. */
  readonly entries?: Entries;
  readonly isOptional?: boolean;
  /** What stands for `undefined`. */
  readonly standard?: unknown;
}

type Entries = Readonly<Record<string, Schema>>;
type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

/** Runs a schema on a part of a value. */
function runAt(schema: Schema, value: unknown, key: PropertyKey): unknown {
  const result = schema.run(value);
  if (result instanceof Issue) (result.path ??= []).unshift(key);
  return result;
}

// The annotations let a bundler leave out what nobody asks for.

/* @__NO_SIDE_EFFECTS__ */
function where(expects: string | null, test: (value: unknown) => boolean): Schema {
  return { expects, run: (value) => (test(value) ? value : new Issue(expects, typeof value)) };
}

/* @__NO_SIDE_EFFECTS__ */
function either(words: readonly (string | null)[]): string {
  const each = [...new Set(words)];
  return each.length > 1 ? `(${each.join(' | ')})` : (each[0] ?? 'never');
}

/* @__NO_SIDE_EFFECTS__ */
function wordFor(value: string | number): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}

/** One of the types that `typeof` tells. */
/* @__NO_SIDE_EFFECTS__ */
function ofType(type: string): Schema {
  return where(type, (value) => typeof value === type && !Number.isNaN(value));
}

/* @__NO_SIDE_EFFECTS__ */
export function string(): Schema {
  return ofType('string');
}

/* @__NO_SIDE_EFFECTS__ */
export function number(): Schema {
  return ofType('number');
}

/* @__NO_SIDE_EFFECTS__ */
export function boolean(): Schema {
  return ofType('boolean');
}

/* @__NO_SIDE_EFFECTS__ */
function undefinedSchema(): Schema {
  return ofType('undefined');
}
export { undefinedSchema as undefined };

/* @__NO_SIDE_EFFECTS__ */
export function unknown(): Schema {
  return where('unknown', () => true);
}

/* @__NO_SIDE_EFFECTS__ */
export function picklist(options: readonly (string | number)[]): Schema {
  return where(either(options.map(wordFor)), (value) => options.some((option) => option === value));
}

/* @__NO_SIDE_EFFECTS__ */
export function literal(value: string | number): Schema {
  return picklist([value]);
}

/* @__NO_SIDE_EFFECTS__ */
export function optional(schema: Schema, standard?: unknown): Schema {
  return {
    ...schema,
    isOptional: true,
    standard,
    run(value) {
      const given = value === undefined ? standard : value;
      return given === undefined ? given : schema.run(given);
    },
  };
}

/* @__NO_SIDE_EFFECTS__ */
export function nullable(schema: Schema): Schema {
  return { ...schema, run: (value) => (value === null ? value : schema.run(value)) };
}

/* @__NO_SIDE_EFFECTS__ */
export function nullish(schema: Schema): Schema {
  return optional(nullable(schema));
}

/** What is refused becomes `standard`. */
/* @__NO_SIDE_EFFECTS__ */
export function fallback(schema: Schema, standard: unknown): Schema {
  return {
    ...schema,
    run(value) {
      const result = schema.run(value);
      return result instanceof Issue ? standard : result;
    },
  };
}

/** The first that takes it. */
/* @__NO_SIDE_EFFECTS__ */
export function union(options: readonly Schema[]): Schema {
  const expects = either(options.map((option) => option.expects));
  return {
    expects,
    run(value) {
      for (const option of options) {
        const result = option.run(value);
        if (!(result instanceof Issue)) return result;
      }
      return new Issue(expects, typeof value);
    },
  };
}

/** Of objects that a field tells apart no more than one takes it. */
/* @__NO_SIDE_EFFECTS__ */
export function variant(_key: string, options: readonly Schema[]): Schema {
  return union(options);
}

/** A schema, and what is done with its result. */
/* @__NO_SIDE_EFFECTS__ */
export function pipe(schema: Schema, ...steps: readonly Pick<Schema, 'run'>[]): Schema {
  return {
    ...schema,
    run(value) {
      let result = schema.run(value);
      for (const step of steps) if (!(result instanceof Issue)) result = step.run(result);
      return result;
    },
  };
}

/* @__NO_SIDE_EFFECTS__ */
export function transform(run: Schema['run']): Pick<Schema, 'run'> {
  return { run };
}

/* @__NO_SIDE_EFFECTS__ */
export function safeInteger(): Schema {
  return where(null, Number.isSafeInteger);
}

/* @__NO_SIDE_EFFECTS__ */
export function integer(): Schema {
  return where(null, Number.isInteger);
}

/* @__NO_SIDE_EFFECTS__ */
export function maxValue(most: number): Schema {
  return where(`<=${most}`, (value) => (value as number) <= most);
}

/* @__NO_SIDE_EFFECTS__ */
export function minValue(least: number): Schema {
  return where(`>=${least}`, (value) => (value as number) >= least);
}

/* @__NO_SIDE_EFFECTS__ */
export function minLength(least: number): Schema {
  return where(`>=${least}`, (value) => (value as string).length >= least);
}

/* @__NO_SIDE_EFFECTS__ */
export function maxLength(most: number): Schema {
  return where(`<=${most}`, (value) => (value as string).length <= most);
}

/* @__NO_SIDE_EFFECTS__ */
export function array(item: Schema): Schema {
  return {
    expects: 'Array',
    run(value) {
      if (!Array.isArray(value)) return new Issue('Array', typeof value);
      const items: unknown[] = [];
      for (const [index, one] of value.entries()) {
        const result = runAt(item, one, index);
        if (result instanceof Issue) return result;
        items.push(result);
      }
      return items;
    },
  };
}

/** Fields that the schema does not name are left out. `entries` has no prototype: see protocol/schemas.ts. */
/* @__NO_SIDE_EFFECTS__ */
export function object(entries: Entries): Schema {
  const named = Object.entries(entries);
  return {
    expects: 'Object',
    entries,
    run(value) {
      if (!isObject(value)) return new Issue('Object', typeof value);
      const fields: Fields = {};
      for (const [key, entry] of named) {
        if (key in value || entry.standard !== undefined) {
          const result = runAt(entry, value[key], key);
          if (result instanceof Issue) return result;
          fields[key] = result;
        } else if (entry.isOptional !== true) {
          return runAt(
            where(`"${key}"`, () => false),
            undefined,
            key,
          );
        }
      }
      return fields;
    },
  };
}

/** Fields that the schema does not name are kept. */
/* @__NO_SIDE_EFFECTS__ */
export function looseObject(entries: Entries): Schema {
  const named = object(entries);
  return {
    ...named,
    run(value) {
      const fields = named.run(value);
      if (!(fields instanceof Issue) && isObject(value) && isObject(fields)) {
        for (const key of Object.keys(value)) if (!(key in entries) && isSafe(key)) fields[key] = value[key];
      }
      return fields;
    },
  };
}

/** An object whose keys can be any text. */
/* @__NO_SIDE_EFFECTS__ */
export function record(_key: Schema, item: Schema): Schema {
  return {
    expects: 'Object',
    run(value) {
      if (!isObject(value)) return new Issue('Object', typeof value);
      const fields: Fields = {};
      for (const key of Object.keys(value).filter(isSafe)) {
        const result = runAt(item, value[key], key);
        if (result instanceof Issue) return result;
        fields[key] = result;
      }
      return fields;
    },
  };
}

/** Not one that could reach a prototype. */
function isSafe(key: string): boolean {
  return !['__proto__', 'prototype', 'constructor'].includes(key);
}

export function safeParse(
  schema: Schema,
  value: unknown,
): { success: true; output: unknown } | { success: false; issues: readonly Issue[] } {
  const result = schema.run(value);
  return result instanceof Issue ? { success: false, issues: [result] } : { success: true, output: result };
}

export function is(schema: Schema, value: unknown): boolean {
  return safeParse(schema, value).success;
}

/** `null`: what is wrong is not a field. */
export function getDotPath({ path }: Issue): string | null {
  return path?.join('.') ?? null;
}
