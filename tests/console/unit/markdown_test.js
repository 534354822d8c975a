import assert from "node:assert/strict";

import { parseMarkdown } from "../../../src/hanabi/console/static/lib/markdown.js";

/** @import { Block, Inline } from "../../../src/hanabi/console/static/lib/markdown.js" */

/** @param {string} text @returns {Inline} */
const text = (text) => ({ type: "text", text });
/** @param {...Inline} children @returns {Block} */
const paragraph = (...children) => ({ type: "paragraph", children });
/** @param {string} href @param {string} shown @returns {Inline} */
const link = (href, shown) => ({ type: "link", href, title: "", children: [text(shown)] });

/**
 * The inlines of a text that is one paragraph.
 * @param {string} source
 * @returns {Inline[]}
 */
function inlines(source) {
  const [block, ...rest] = parseMarkdown(source);
  assert.deepEqual(rest, []);
  assert.equal(block?.type, "paragraph");
  return block?.type === "paragraph" ? block.children : [];
}

Deno.test("headings of all levels, closed or not, and what only looks like one", () => {
  assert.deepEqual(parseMarkdown("## Two ##\n###### Six\n#"), [
    { type: "heading", level: 2, children: [text("Two")] },
    { type: "heading", level: 6, children: [text("Six")] },
    { type: "heading", level: 1, children: [] },
  ]);
  assert.deepEqual(parseMarkdown("#hash\n####### seven"), [
    paragraph(text("#hash\n####### seven")),
  ]);
  assert.deepEqual(parseMarkdown("# C#"), [{ type: "heading", level: 1, children: [text("C#")] }]);
});

Deno.test("emphasis, strong, both, and none inside a word with underscores", () => {
  assert.deepEqual(inlines("a *b* **c** ***d*** ~~e~~ f"), [
    text("a "),
    { type: "emphasis", children: [text("b")] },
    text(" "),
    { type: "strong", children: [text("c")] },
    text(" "),
    { type: "emphasis", children: [{ type: "strong", children: [text("d")] }] },
    text(" "),
    { type: "strike", children: [text("e")] },
    text(" f"),
  ]);
  assert.deepEqual(inlines("snake_case_name and 2 * 3 * 4"), [
    text("snake_case_name and 2 * 3 * 4"),
  ]);
  assert.deepEqual(inlines("**open *both"), [text("**open *both")]);
  assert.deepEqual(inlines("*a **b*"), [
    text("*a *"),
    { type: "emphasis", children: [text("b")] },
  ]);
  assert.deepEqual(inlines("**bold with *em* inside**"), [{
    type: "strong",
    children: [
      text("bold with "),
      { type: "emphasis", children: [text("em")] },
      text(" inside"),
    ],
  }]);
});

Deno.test("inline code keeps its marks, and needs as many backticks at its end", () => {
  assert.deepEqual(inlines("use `a*b*` and `` ` `` not `x"), [
    text("use "),
    { type: "code", text: "a*b*" },
    text(" and "),
    { type: "code", text: "`" },
    text(" not `x"),
  ]);
  assert.deepEqual(inlines("\\`no` code`"), [text("`no"), { type: "code", text: " code" }]);
});

Deno.test("fenced code keeps every character, and an open fence runs to the end", () => {
  const code = "def f():\n\treturn **1**\n\n# no heading";
  assert.deepEqual(parseMarkdown(`\`\`\`python title=a\n${code}\n\`\`\`\nafter`), [
    { type: "codeblock", language: "python title=a", text: code },
    paragraph(text("after")),
  ]);
  assert.deepEqual(parseMarkdown("~~~~\n```\n~~~\n~~~~"), [
    { type: "codeblock", language: "", text: "```\n~~~" },
  ]);
  assert.deepEqual(parseMarkdown("```js\nlet a"), [
    { type: "codeblock", language: "js", text: "let a" },
  ]);
  assert.deepEqual(parseMarkdown("    four\n      six\n\n    end\ntext"), [
    { type: "codeblock", language: "", text: "four\n  six\n\nend" },
    paragraph(text("text")),
  ]);
});

Deno.test("lists: nested as models indent them, ordered from their number, tasks, code inside", () => {
  assert.deepEqual(parseMarkdown("3. three\n  - nested\n4. four"), [{
    type: "list",
    start: 3,
    tight: true,
    items: [
      {
        checked: null,
        children: [paragraph(text("three")), {
          type: "list",
          start: null,
          tight: true,
          items: [{ checked: null, children: [paragraph(text("nested"))] }],
        }],
      },
      { checked: null, children: [paragraph(text("four"))] },
    ],
  }]);
  assert.deepEqual(parseMarkdown("- [ ] to do\n- [x] done\n- [y] text"), [{
    type: "list",
    start: null,
    tight: true,
    items: [
      { checked: false, children: [paragraph(text("to do"))] },
      { checked: true, children: [paragraph(text("done"))] },
      { checked: null, children: [paragraph(text("[y] text"))] },
    ],
  }]);
  assert.deepEqual(parseMarkdown("* a\n\n  ```\n  x\n  ```\n\n* b"), [{
    type: "list",
    start: null,
    tight: false,
    items: [
      {
        checked: null,
        children: [paragraph(text("a")), { type: "codeblock", language: "", text: "x" }],
      },
      { checked: null, children: [paragraph(text("b"))] },
    ],
  }]);
  assert.deepEqual(parseMarkdown("It was in\n1984. Then"), [
    paragraph(text("It was in\n1984. Then")),
  ]);
});

Deno.test("quotes nest and hold blocks", () => {
  assert.deepEqual(parseMarkdown("> # a\n>> b\nafter"), [
    {
      type: "quote",
      children: [
        { type: "heading", level: 1, children: [text("a")] },
        { type: "quote", children: [paragraph(text("b"))] },
      ],
    },
    paragraph(text("after")),
  ]);
});

Deno.test("tables: alignments, escaped bars, rows that are too short or too long", () => {
  assert.deepEqual(
    parseMarkdown("Here:\n| a | b |\n|:--|--:|\n| 1 \\| 2 | `c` |\n| 3 |\n| 4 | 5 | 6 |"),
    [
      paragraph(text("Here:")),
      {
        type: "table",
        alignments: ["left", "right"],
        rows: [
          [[text("a")], [text("b")]],
          [[text("1 | 2")], [{ type: "code", text: "c" }]],
          [[text("3")], []],
          [[text("4")], [text("5")], [text("6")]],
        ],
      },
    ],
  );
  assert.deepEqual(parseMarkdown("a | b\nno table"), [paragraph(text("a | b\nno table"))]);
});

Deno.test("rules, hard breaks and line breaks", () => {
  assert.deepEqual(parseMarkdown("a\n---\n* * *\n_____"), [
    paragraph(text("a")),
    { type: "rule" },
    { type: "rule" },
    { type: "rule" },
  ]);
  assert.deepEqual(inlines("a  \nb\\\nc\nd"), [
    text("a  "),
    { type: "break" },
    text("b"),
    { type: "break" },
    text("c\nd"),
  ]);
});

Deno.test("links: http, https and mailto; bare ones; an image is a link to it", () => {
  assert.deepEqual(inlines("[a](https://x.y/z_(q)) ![p](http://i.j/k.png) [](mailto:a@b.c)"), [
    link("https://x.y/z_(q)", "a"),
    text(" "),
    link("http://i.j/k.png", "p"),
    text(" "),
    link("mailto:a@b.c", "mailto:a@b.c"),
  ]);
  assert.deepEqual(inlines("(see https://x.y/a_b_c.) **http://q.r** <https://s.t/u>"), [
    text("(see "),
    link("https://x.y/a_b_c", "https://x.y/a_b_c"),
    text(".) "),
    { type: "strong", children: [link("http://q.r", "http://q.r")] },
    text(" "),
    link("https://s.t/u", "https://s.t/u"),
  ]);
  assert.deepEqual(inlines('[*t*](<https://x.y> "Ti tle") [https://a.b](https://a.b)'), [
    {
      type: "link",
      href: "https://x.y",
      title: "Ti tle",
      children: [{ type: "emphasis", children: [text("t")] }],
    },
    text(" "),
    link("https://a.b", "https://a.b"),
  ]);
});

Deno.test("what is no safe link stays text", () => {
  for (
    const source of [
      "[a](javascript:alert(1))",
      "[a](data:text/html,x)",
      "[a](/local)",
      "[a](xhttps://x y)",
      "[a](java\tscript:x)",
      "[a][b]",
      "<javascript:x>",
      "http://",
    ]
  ) {
    assert.deepEqual(inlines(source), [text(source)]);
  }
});

Deno.test("raw HTML and entities stay text", () => {
  const source = '<img src=x onerror=alert(1)> &lt;b&gt; <script>1</script>\n<div class="a">';
  assert.deepEqual(parseMarkdown(source), [paragraph(text(source))]);
});
