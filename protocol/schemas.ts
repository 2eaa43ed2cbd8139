import * as v from 'valibot';

// valibot goes through the entries of a schema with `for … in`. On a page that adds names to `Object.prototype`, as old
// libraries do, it would take those for entries; an object without a prototype has none but its own.
function own<Entries extends v.ObjectEntries>(entries: Entries): Entries {
  return Object.setPrototypeOf({ ...entries }, null) as Entries;
}

// The annotations let a bundler leave out the schemas that nobody asks for, as valibot's own do.

/** As `v.object`, on any page. */
/* @__NO_SIDE_EFFECTS__ */
export function object<const Entries extends v.ObjectEntries>(entries: Entries): v.ObjectSchema<Entries, undefined> {
  return v.object(own(entries));
}

/** As `v.looseObject`, on any page. */
/* @__NO_SIDE_EFFECTS__ */
export function looseObject<const Entries extends v.ObjectEntries>(
  entries: Entries,
): v.LooseObjectSchema<Entries, undefined> {
  return v.looseObject(own(entries));
}
