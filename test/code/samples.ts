/** A piece of code, and what its coloured pieces are: `kind text`, in order. What is not named is plain. */
export interface Sample {
  readonly language: string;
  readonly source: string;
  readonly tokens: readonly string[];
}

const list = (text: string): string[] => text.split('\n');

/** Samples of every language, such as answers have them. */
export const SAMPLES: readonly Sample[] = [
  {
    language: 'ts',
    source:
      'import { a } from "b";\nexport class Foo<T> {\n  /* two\n  lines */ run = async () => `v ${a + `n${1}`} w`; // end\n}',
    tokens:
      list(`keyword import\nkeyword from\nstring "b"\nkeyword export\nkeyword class\ntype Foo\ntype T\ncomment /* two
comment   lines */\nkeyword async\nstring \`v \nmeta \${\nstring \`n\nmeta \${\nnumber 1\nmeta }\nstring \`\nmeta }\nstring  w\`\ncomment // end`),
  },
  {
    language: 'jsx',
    source: 'const r = /a[/"]b/gi.test(s) ? x / y / z : 0x1F;\n@dec class A {}',
    tokens: list('keyword const\nstring /a[/"]b/gi\nfunction test\nnumber 0x1F\nmeta @dec\nkeyword class\ntype A'),
  },
  {
    language: 'json',
    source: '{"a": [1, -2.5e+3, true], "b" : "c\\"d"}',
    tokens: list('property "a"\nnumber 1\nnumber 2.5e+3\nconstant true\nproperty "b"\nstring "c\\"d"'),
  },
  {
    language: 'python',
    source: '@deco\ndef f(x: int) -> None:\n    """doc\n    more"""\n    return "it\'s" # c',
    tokens: list(
      `meta @deco\nkeyword def\nfunction f\ntype int\nconstant None\nstring """doc\nstring     more"""\nkeyword return\nstring "it's"\ncomment # c`,
    ),
  },
  {
    language: 'java',
    source: '@Override public String s() { return """\n a"; """; }',
    tokens: list(
      'meta @Override\nkeyword public\ntype String\nfunction s\nkeyword return\nstring """\nstring  a"; """',
    ),
  },
  {
    language: 'c++',
    source: "#include <a.h>\nint main(void) { return '\\n' + 1u; }",
    tokens: list("meta #include\ntype int\nfunction main\ntype void\nkeyword return\nstring '\\n'\nnumber 1u"),
  },
  {
    language: 'c#',
    source: 'var s = $"a {b} c"; var p = @"c:\\";',
    tokens: list('keyword var\nstring $"a \nmeta {\nmeta }\nstring  c"\nkeyword var\nstring @"c:\\"'),
  },
  {
    language: 'go',
    source: 'func main() { x := `a\n"b`; fmt.Println(nil) }',
    tokens: list('keyword func\nfunction main\nstring `a\nstring "b`\nfunction Println\nconstant nil'),
  },
  {
    language: 'rust',
    source: `#[derive(Debug)]\nfn f<'a>(x: &'a str) -> char { let c = 'x'; r#"a"b"# /* a /* b */ c */ }`,
    tokens: list(
      `meta #[derive(Debug)]\nkeyword fn\ntype str\ntype char\nkeyword let\nstring 'x'\nstring r#"a"b"#\ncomment /* a /* b */ c */`,
    ),
  },
  {
    language: 'php',
    source: '<?php\n$a = FN($x) => "hi"; # c',
    tokens: list('meta <?php\nvariable $a\nkeyword FN\nvariable $x\nstring "hi"\ncomment # c'),
  },
  {
    language: 'rb',
    source: 'def a\n  @x = :sym\n  y = "a #{b + "c"} d"\n  z = <<~EOT\n    it\'s\n  EOT\nend',
    tokens: list(
      'keyword def\nvariable @x\nconstant :sym\nstring "a \nmeta #{\nstring "c"\nmeta }\nstring  d"\nstring <<~EOT\nstring     it\'s\nstring   EOT\nkeyword end',
    ),
  },
  {
    language: 'swift',
    source: 'let a = "x \\(b + f(1)) y"; case .red',
    tokens: list(
      'keyword let\nstring "x \nmeta \\(\nfunction f\nnumber 1\nmeta )\nstring  y"\nkeyword case\nconstant .red',
    ),
  },
  {
    language: 'kotlin',
    source: 'val x = "a ${b}"; for (i in 1..2) {}',
    tokens: list('keyword val\nstring "a \nmeta ${\nmeta }\nstring "\nkeyword for\nkeyword in\nnumber 1\nnumber 2'),
  },
  {
    language: 'SQL',
    source: "select \"a\", Count(*) FROM t WHERE x = 'it''s' -- c",
    tokens: list(
      `keyword select\nproperty "a"\nfunction Count\nkeyword FROM\nkeyword WHERE\nstring 'it''s'\ncomment -- c`,
    ),
  },
  {
    language: 'bash',
    source: `for f in *.txt; do\n  echo "a $(ls 'x') b" # c\ncat <<'EOF' > x\nit's\nEOF\nX=1 a#b`,
    tokens: list(
      `keyword for\nkeyword in\nkeyword do\nfunction echo\nstring "a \nmeta $(\nfunction ls\nstring 'x'\nmeta )\nstring  b"\ncomment # c\nfunction cat\nstring <<'EOF'\nstring it's\nstring EOF\nproperty X\nnumber 1`,
    ),
  },
  {
    language: 'html',
    source:
      '<!doctype html>\n<p class="a" id=x>a &amp; b <!-- c\n d --></p><script>let a = "</x>";\nf(1)</script><br/>',
    tokens: list(
      `meta <!doctype html>\nkeyword <p\nproperty class\nstring "a"\nproperty id\nstring x\nkeyword >\nconstant &amp;\ncomment <!-- c\ncomment  d -->\nkeyword </p><script>\nkeyword let\nstring "</x>"\nfunction f\nnumber 1\nkeyword </script><br/>`,
    ),
  },
  {
    language: 'scss',
    source: '@media (min-width: 30em) {\n  .a { color: #fff; --x: var(--y); margin: -5px !important } // c\n}',
    tokens: list(
      'keyword @media\nproperty min-width\nnumber 30em\ntype .a\nproperty color\nconstant #fff\nproperty --x\nfunction var\nproperty margin\nnumber 5px\nkeyword important\ncomment // c',
    ),
  },
  {
    language: 'yaml',
    source: '# c\n---\nname: "x: y" # c\nrun: |\n  echo hi\n  x: 1\nlist:\n  - a: 1\n  - it\'s true\n  - http://x.y/z',
    tokens: list(
      'comment # c\nmeta ---\nproperty name\nstring "x: y"\ncomment # c\nproperty run\nstring echo hi\nstring x: 1\nproperty list\nproperty a\nnumber 1\nconstant true',
    ),
  },
  {
    language: 'toml',
    source: '[a.b]\nx-y = "z" # c\nn = 2\nb = true',
    tokens: list(
      'heading [a.b]\nproperty x-y\nstring "z"\ncomment # c\nproperty n\nnumber 2\nproperty b\nconstant true',
    ),
  },
  {
    language: 'markdown',
    source: '# h\n- a `b` **c** [d](e)\n```js\n# x\n```\n> q',
    tokens: list(
      'heading # h\nkeyword -\nstring `b`\nkeyword **c**\nproperty ](e)\nstring ```js\nstring # x\nstring ```\ncomment > q',
    ),
  },
  {
    language: 'diff',
    source: '--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b\n c',
    tokens: list('heading --- a\nheading +++ b\nmeta @@ -1 +1 @@\ndeleted -a\ninserted +b'),
  },
  {
    language: 'dockerfile',
    source: '# c\nFROM node:24 AS x\nENV A=${B}\nRUN npm ci',
    tokens: list(
      'comment # c\nkeyword FROM\nnumber 24\nkeyword AS\nkeyword ENV\nproperty A\nvariable ${B}\nkeyword RUN',
    ),
  },
];
