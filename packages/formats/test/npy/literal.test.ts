import { describe, expect, test } from "vitest";
import { parsePythonLiteral } from "../../src/npy/literal.js";
import { expectError } from "../scratch.js";

const parse = (text: string) => parsePythonLiteral(text, 10, { file: "x.npy" });
const tuple = (...items: unknown[]) => ({ kind: "tuple", items });
const list = (...items: unknown[]) => ({ kind: "list", items });

describe("good literals", () => {
  test.each<[string, unknown]>([
    ["{}", new Map()],
    [" {'a': 1, } \n", new Map([["a", 1]])],
    [
      '{"a":-2,"b":None}',
      new Map<string, unknown>([
        ["a", -2],
        ["b", null],
      ]),
    ],
    ["(1,)", tuple(1)],
    ["( 1 , 2L,3 )", tuple(1, 2, 3)],
    ["()", tuple()],
    ["(1)", 1],
    ["[('a', '<f4'), ('b', '<i8', (2,))]", list(tuple("a", "<f4"), tuple("b", "<i8", tuple(2)))],
    ["'it\\'s \\\\ \"ok\"'", 'it\'s \\ "ok"'],
    ["True", true],
    ["False", false],
    ["-0", 0],
  ])("%s", (text, value) => {
    expect(parse(text)).toEqual(value);
  });
});

describe("bad literals name the byte", () => {
  test.each<[string, string, string]>([
    ["", "byte 10", "the end of the header"],
    ["{'a': 1", "byte 17", '"," or "}"'],
    ["{'a' 1}", "byte 15", '":"'],
    ["{a: 1}", "byte 11", "a key in quotes"],
    ["{'a': 1, 'a': 2}", "byte 22", 'the key "a" once'],
    ["(1 2)", "byte 13", '"," or ")"'],
    ["(,)", "byte 11", "a dict, tuple"],
    ["'abc", "byte 14", "the string to end in '"],
    ["'a\nb'", "byte 12", "the string to end in '"],
    ["'\\x41'", "byte 12", "an escaped quote or backslash"],
    ["(03,)", "byte 12", '"," or ")"'],
    ["1.5", "byte 11", "nothing after the literal"],
    ["__import__('os')", "byte 10", "a dict, tuple"],
    ["{} {}", "byte 13", "nothing after the literal"],
    ["(".repeat(100), "byte 43", "at most 32 levels of nesting"],
  ])("%j", async (text, byte, expected) => {
    await expectError(() => parse(text), "data", "x.npy", byte, "the header is not a Python literal", expected, "found");
  });
});
