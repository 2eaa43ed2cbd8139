import type { Language, Region } from './language.js';
import type { TokenKind } from './token.js';

/** Makes the table of words out of words with blanks between them. */
function words(given: Partial<Record<TokenKind, string>>): ReadonlyMap<string, TokenKind> {
  return new Map(
    (Object.entries(given) as [TokenKind, string][]).flatMap(([kind, list]) =>
      list.split(' ').map((word) => [word, kind] as const),
    ),
  );
}

const string = (open: string, more: Partial<Region> = {}): Region => ({
  kind: 'string',
  open,
  close: open,
  escapes: true,
  ...more,
});
const comment = (open: string, close = '', more: Partial<Region> = {}): Region => ({
  kind: 'comment',
  open,
  close,
  multiline: close !== '',
  ...more,
});
const meta = (open: string, close: string): Region => ({ kind: 'meta', open, close });

const SINGLE = string("'");
const DOUBLE = string('"');
const SLASHES = [comment('//'), comment('/*', '*/')];
const HASH = comment('#', '', { only: 'word' });
const LONG = { multiline: true };
/** What C, and what came after it, have in common. */
const C_WORDS = 'break case const continue default do else enum for if return static struct switch typedef union while';
const C_TYPES = 'bool char double float int long short signed unsigned void';
const OBJECTS =
  'abstract as async await base catch class extends final finally implements import in instanceof interface is new override private protected public super this throw throws try using var';

const javascript: Language = {
  words: words({
    keyword: `${OBJECTS} break case const continue default delete do else enum export for from function get if let of return set static switch typeof void while with yield declare infer keyof namespace readonly type`,
    type: 'any bigint boolean never number object string symbol unknown',
    constant: 'true false null undefined NaN Infinity',
  }),
  regions: [...SLASHES, SINGLE, DOUBLE, string('`', { ...LONG, inner: ['${', '}'] })],
  letters: '$',
  sigils: { '@': 'meta', '#': 'property' },
  types: true,
  regexes: true,
};

const python: Language = {
  words: words({
    keyword:
      'and as assert async await break case class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise return try while with yield',
    constant: 'True False None self cls',
    type: 'bool bytes dict float int list object set str tuple',
  }),
  regions: [string('"""', LONG), string("'''", LONG), SINGLE, DOUBLE, comment('#')],
  sigils: { '@': 'meta' },
  types: true,
};

const java: Language = {
  words: words({
    keyword: `${OBJECTS} ${C_WORDS} assert package permits record sealed yield`,
    type: `${C_TYPES} boolean byte`,
    constant: 'true false null',
  }),
  regions: [...SLASHES, string('"""', LONG), SINGLE, DOUBLE],
  sigils: { '@': 'meta' },
  types: true,
};

const c: Language = {
  words: words({
    keyword: `${C_WORDS} ${OBJECTS} auto concept constexpr decltype delete explicit extern inline namespace noexcept nullptr operator requires restrict sizeof template typename virtual`,
    type: `${C_TYPES} size_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t string vector`,
    constant: 'true false NULL nullptr',
  }),
  regions: [...SLASHES, string('R"(', { close: ')"', escapes: false, multiline: true }), SINGLE, DOUBLE],
  directives: true,
  types: true,
};

const csharp: Language = {
  words: words({
    keyword: `${C_WORDS} ${OBJECTS} explicit extern foreach from get internal lock namespace operator out params partial readonly record ref required sealed select set sizeof typeof unsafe value virtual when where with yield`,
    type: `${C_TYPES} byte decimal object string uint`,
    constant: 'true false null',
  }),
  regions: [
    ...SLASHES,
    string('"""', LONG),
    string('@"', { close: '"', escapes: false, doubles: true, multiline: true }),
    string('$"', { close: '"', inner: ['{', '}'] }),
    SINGLE,
    DOUBLE,
  ],
  directives: true,
  types: true,
};

const go: Language = {
  words: words({
    keyword:
      'break case chan const continue default defer else fallthrough for func go if import interface map package range return select struct switch type var',
    type: 'any bool byte error float32 float64 int int32 int64 rune string uint uint8 uint32 uint64',
    constant: 'true false nil iota',
  }),
  regions: [...SLASHES, string('`', { escapes: false, multiline: true }), SINGLE, DOUBLE],
  types: true,
};

const rust: Language = {
  words: words({
    keyword:
      'as async await break const continue crate dyn else enum extern fn for if impl in let loop match mod move mut pub ref return static struct super trait type union unsafe use where while',
    type: 'bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize',
    constant: 'true false self Self None Some Ok Err',
  }),
  regions: [
    comment('//'),
    comment('/*', '*/', { nests: true }),
    string('r#"', { close: '"#', escapes: false, multiline: true }),
    string('"', LONG),
    meta('#[', ']'),
    meta('#![', ']'),
  ],
  characters: true,
  types: true,
};

const php: Language = {
  words: words({
    keyword: `${OBJECTS} and array break case clone const continue declare default do echo else elseif enum exit fn for foreach function global if include isset list match namespace or print readonly require return static switch trait unset use while xor yield`,
    type: 'bool float int iterable mixed never object string void',
    constant: 'true false null',
  }),
  regions: [
    ...SLASHES,
    comment('#'),
    meta('<?php', ''),
    meta('?>', ''),
    meta('#[', ']'),
    string("'", LONG),
    string('"', LONG),
  ],
  caseless: true,
  sigils: { $: 'variable' },
  types: true,
  heredoc: '<<<',
};

const ruby: Language = {
  words: words({
    keyword:
      'alias and begin break case class def do else elsif end ensure extend for if in include module next not or private protected public raise require require_relative rescue retry return super then unless until when while yield attr_accessor attr_reader attr_writer puts',
    constant: 'true false nil self',
  }),
  regions: [
    comment('#'),
    comment('=begin', '=end', { only: 'line' }),
    string("'", LONG),
    string('"', { ...LONG, inner: ['#{', '}'] }),
    string('`'),
  ],
  letters: '?!',
  sigils: { '@': 'variable', $: 'variable', ':': 'constant' },
  types: true,
  regexes: true,
  heredoc: '<<',
};

const swift: Language = {
  words: words({
    keyword:
      'actor any as async await break case catch class continue default defer do else enum extension fallthrough final for func get guard if import in inout internal is lazy let mutating open operator override private protocol public repeat required return set some static struct super switch throw throws try var weak where while',
    constant: 'true false nil self Self',
  }),
  regions: [
    comment('//'),
    comment('/*', '*/', { nests: true }),
    string('"""', { ...LONG, inner: ['\\(', ')'] }),
    string('"', { inner: ['\\(', ')'] }),
  ],
  sigils: { '@': 'meta', '#': 'meta', '.': 'constant' },
  types: true,
};

const kotlin: Language = {
  words: words({
    keyword: `abstract as break by catch class companion const constructor continue data do else enum final finally for fun get if import in infix inline inner interface internal is lateinit object open operator out override package private protected public return sealed set super suspend this throw try val value var vararg when where while`,
    constant: 'true false null it',
  }),
  regions: [
    comment('//'),
    comment('/*', '*/', { nests: true }),
    string('"""', { ...LONG, escapes: false, inner: ['${', '}'] }),
    string('"', { inner: ['${', '}'] }),
    SINGLE,
  ],
  sigils: { '@': 'meta' },
  types: true,
};

const sql: Language = {
  words: words({
    keyword:
      'add all alter and any as asc begin between by cascade case cast check column commit constraint create cross database default delete desc distinct do drop else end except exists explain for foreign from full function group having if in index inner insert intersect into is join key left like limit not nothing null offset on or order outer over partition primary references right rollback select set table then to union unique update using values view when where window with conflict replace grant',
    type: 'bigint blob boolean bool char character date datetime decimal double float int integer json jsonb numeric real text time timestamp timestamptz uuid varchar',
    constant: 'true false current_date current_timestamp',
  }),
  regions: [
    comment('--'),
    comment('#', '', { only: 'line' }),
    comment('/*', '*/'),
    string("'", { escapes: false, doubles: true, multiline: true }),
    { kind: 'property', open: '"', close: '"', doubles: true },
    { kind: 'property', open: '`', close: '`' },
  ],
  caseless: true,
  sigils: { '@': 'variable', ':': 'variable', $: 'variable' },
};

const shell: Language = {
  words: words({
    keyword:
      'case do done elif else esac export fi for function if in local readonly return select set shift source then unset until while exit trap declare eval exec',
    function:
      'cat cd chmod cp curl docker echo find git grep kubectl ls mkdir mv node npm npx pip printf python rm sed ssh sudo tar',
    constant: 'true false',
  }),
  regions: [
    HASH,
    string("'", { escapes: false, multiline: true }),
    string('"', { ...LONG, inner: ['$(', ')'] }),
    { kind: 'variable', open: '${', close: '}' },
  ],
  letters: '-',
  sigils: { $: 'variable' },
  assigns: '=',
  heredoc: '<<',
};

const json: Language = {
  words: words({ constant: 'true false null' }),
  regions: [...SLASHES, DOUBLE],
  assigns: ':',
};

const css: Language = {
  words: words({
    keyword: 'important from to and or not only',
    constant: 'inherit initial none auto unset revert transparent currentcolor',
  }),
  regions: [...SLASHES, SINGLE, DOUBLE],
  letters: '-',
  sigils: { '@': 'keyword', '.': 'type', '#': 'constant', $: 'variable', '&': 'type', '%': 'type' },
  assigns: ':',
};

const toml: Language = {
  words: words({ constant: 'true false inf nan yes no on off null' }),
  regions: [
    HASH,
    comment(';', '', { only: 'word' }),
    string('"""', LONG),
    string("'''", { ...LONG, escapes: false }),
    string("'", { escapes: false }),
    DOUBLE,
  ],
  letters: '-.',
  assigns: '=',
  sections: true,
};

/** Values of YAML. */
const yaml: Language = {
  words: words({ constant: 'true false null yes no on off' }),
  regions: [HASH, string("'", { escapes: false, doubles: true, only: 'word' }), string('"', { only: 'word' })],
  letters: '-./:',
  sigils: { '&': 'variable', '*': 'variable', '!': 'type' },
};

const docker: Language = {
  words: words({
    keyword:
      'FROM AS RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG HEALTHCHECK SHELL from as run cmd label expose env add copy entrypoint volume user workdir arg',
  }),
  regions: [comment('#', '', { only: 'line' }), SINGLE, DOUBLE, { kind: 'variable', open: '${', close: '}' }],
  sigils: { $: 'variable' },
  assigns: '=',
  heredoc: '<<',
};

/** What {@link CodeScanner} can read, by name. */
export const TABLES = {
  javascript,
  python,
  java,
  c,
  csharp,
  go,
  rust,
  php,
  ruby,
  swift,
  kotlin,
  sql,
  shell,
  json,
  css,
  toml,
  docker,
  yaml,
} as const satisfies Readonly<Record<string, Language>>;
