import { expect, test } from "vitest";
import { chainTo, typedName } from "../../src/host/name-chain.js";

test.each([
  ["", { chain: null, begun: "" }],
  ["ima", { chain: null, begun: "ima" }],
  ["f(ima", { chain: null, begun: "ima" }],
  ["images.", { chain: "images", begun: "" }],
  ["images.sha", { chain: "images", begun: "sha" }],
  ["const x = images.shape[0].to", { chain: "images.shape[0]", begun: "to" }],
  ["a?.b?.c", { chain: "a?.b", begun: "c" }],
  ['map["key"].x', { chain: 'map["key"]', begun: "x" }],
  ["über.größe", { chain: "über", begun: "größe" }],
  ["f().x", null],
  ["(a + b).x", null],
  ["a.f(1).x", null],
  ["'text.", null],
  ['"a" + b.', { chain: "b", begun: "" }],
  ["3.", null],
  ["12", null],
])("%s", (before, expected) => {
  expect(typedName(before)).toEqual(expected);
});

test.each([
  ["a.b.c", 2, 3, "a.b"],
  ["a.b.c", 0, 1, "a"],
  ["f(x).y", 5, 6, null],
  ["'a.b'", 1, 2, null],
  ["let total = sum;", 12, 15, "sum"],
])("the chain to a name in %s from %i", (line, start, end, chain) => {
  expect(chainTo(line, start, end)).toBe(chain);
});
