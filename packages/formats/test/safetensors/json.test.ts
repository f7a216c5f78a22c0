import { describe, expect, test } from "vitest";
import { parseStrictJson } from "../../src/safetensors/json.js";
import { expectError } from "../scratch.js";

const parse = (text: string | Uint8Array) =>
  parseStrictJson(typeof text === "string" ? Buffer.from(text) : text, 8, { file: "x" });
/** The same value as JSON.parse gives it. */
const plain = (value: unknown): unknown =>
  value instanceof Map
    ? Object.fromEntries([...value].map(([key, v]) => [key, plain(v)]))
    : Array.isArray(value)
      ? value.map(plain)
      : value;

test.each([
  "{}",
  "[]",
  ' { "a" : [ 1 , -2.5e3 , true , false , null ] } \n',
  '{"a\\"\\u00e4":{"b":{"c":"\\\\"}}}',
  '"größe 😀"',
  "0",
])("%s is what JSON.parse takes it for", (text) => {
  expect(plain(parse(text))).toEqual(JSON.parse(text));
});

test("no key is special", () => {
  expect(parse('{"__proto__":{"x":1}}')).toEqual(new Map([["__proto__", new Map([["x", 1]])]]));
});

describe("refused, naming the byte", () => {
  test.each<[string | Uint8Array, string, string]>([
    ["", "byte 8", "an object, array"],
    ['{"a":1,"a":2}', "byte 15", 'the key "a" once'],
    ['{"a":1,}', "byte 15", "a key in quotes"],
    ['{"a" 1}', "byte 13", '":"'],
    ["{1:2}", "byte 9", "a key in quotes"],
    ["[1 2]", "byte 11", '"," or "]"'],
    ["[1", "byte 10", "the end of the header"],
    ["01", "byte 8", "an object, array"],
    ["NaN", "byte 8", "an object, array"],
    ["{} x", "byte 11", "nothing after the JSON"],
    ['"abc', "byte 8", "the string to end"],
    ['"abc\\', "byte 8", "the string to end"],
    ['"a\nb"', "byte 8", "a string of valid UTF-8"],
    ['"\\x"', "byte 8", "a string of valid UTF-8"],
    [Uint8Array.of(0x22, 0xff, 0x22), "byte 8", "a string of valid UTF-8"],
    ["\uFEFF{}", "byte 8", "an object, array"],
    ["[".repeat(1000), "byte 17", "at most 8 levels of nesting"],
  ])("%j", async (text, byte, expected) => {
    await expectError(() => parse(text), "data", "x", byte, "the header is not valid JSON", expected, "found");
  });
});
