import { describe, expect, test } from "vitest";
import { blocksOf } from "./blocks.js";

const fence = (info: string, code: string) => `\`\`\`${info}\n${code}\n\`\`\`\n`;

test("programs, each with what it prints where that follows", () => {
  const markdown = `# Title\n\n${fence("js", "one();")}\nSome text.\n\n${fence("sh", "two")}\n${fence("text", "printed\n\nby two")}\n${fence("ts", "three();")}`;
  const blocks = blocksOf(markdown);
  expect(blocks.map(({ language, code, line }) => ({ language, code, line }))).toEqual([
    { language: "js", code: "one();\n", line: 3 },
    { language: "sh", code: "two\n", line: 9 },
    { language: "ts", code: "three();\n", line: 19 },
  ]);
  expect(blocks.map(({ output }) => output?.text)).toEqual([undefined, "printed\n\nby two\n", undefined]);
  const { at = 0, text = "" } = blocks[1]?.output ?? {};
  expect(markdown.slice(at, at + text.length)).toBe("printed\n\nby two\n");
});

test("a json block is an output too", () => {
  expect(blocksOf(`${fence("sh", "x")}\n${fence("json", "{}")}`)[0]?.output).toMatchObject({ language: "json", text: "{}\n" });
});

describe("what would not be run is refused", () => {
  test.each([
    ["another language", fence("ruby", "x"), 'line 1: a block of "ruby"; expected one of sh, js, ts, python, text, json'],
    ["no language", fence("", "x"), 'a block of ""'],
    ["a word after the language", fence("js ignore", "x"), 'a block of "js ignore"'],
    ["capitals", fence("JS", "x"), 'a block of "JS"'],
    ["an output of nothing", `Text.\n\n${fence("text", "x")}`, 'line 3: a block of "text" follows no program'],
    ["an output after some text", `${fence("js", "x")}\nIt prints:\n\n${fence("text", "x")}`, "follows no program"],
    ["two outputs", `${fence("js", "x")}\n${fence("text", "x")}\n${fence("text", "x")}`, "follows no program"],
    ["tildes", "~~~js\nx\n~~~\n", "three backticks"],
    ["a fence in a list", "- item\n  ```js\n  x\n  ```\n", "line 2: a fence that does not start its line"],
    ["a fence as a list item", "- ```js\n  x\n  ```\n", "line 1: a fence that does not start its line"],
    ["a fence in a quotation", "> ```js\n> x\n> ```\n", "line 1: a fence that does not start its line"],
    ["four backticks", "````js\nx\n````\n", "three backticks"],
    ["code by indentation", "Text.\n\n    x();\n", "line 3: code by indentation"],
    ["code in HTML", "<pre>x();</pre>\n", "line 1: code in HTML"],
    ["a fence that stays open", "```js\nx\n", "line 1: a fence that is not closed"],
  ])("%s", (_, markdown, message) => {
    expect(() => blocksOf(markdown)).toThrow(message);
  });
});
