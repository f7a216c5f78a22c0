import { expect, test } from "vitest";
import { isPattern, parseGlob } from "../../src/listing/glob.js";

const cases: readonly (readonly [pattern: string, base: string, takes: readonly string[], leaves: readonly string[]])[] = [
  ["*.npy", ".", ["a.npy", "é.npy"], [".a.npy", "a.npyx", "b/a.npy", "a-npy"]],
  ["data/*.npy", "data", ["a.npy"], ["a/b.npy"]],
  ["/data/part-?.npy", "/data", ["part-1.npy", "part-é.npy"], ["part-10.npy", "part-.npy"]],
  ["/*/a.npy", "/", ["b/a.npy"], ["a.npy"]],
  ["data/**/*.png", "data", ["a.png", "b/a.png", "b/c/a.png"], [".b/a.png", "a.jpg"]],
  ["data/**", "data", ["a.png", "b/a.png"], [".hidden", "b/.hidden"]],
  ["{train,test}/*.{png,jpg}", ".", ["train/a.png", "test/a.jpg"], ["val/a.png", "train/a.gif"]],
  ["w-{08..11}.tar", ".", ["w-08.tar", "w-10.tar", "w-11.tar"], ["w-8.tar", "w-12.tar"]],
  ["w-{9..11}.tar", ".", ["w-9.tar", "w-10.tar"], ["w-09.tar"]],
  ["w-{2..0}{a,{b,c}}", ".", ["w-2a", "w-0c"], ["w-3a", "w-2d"]],
  ["[a-c]*.npy", ".", ["a.npy", "cc.npy"], ["d.npy"]],
  ["[!a]*", ".", ["b"], ["a"]],
  ["a+(b).np[y]", ".", ["a+(b).npy"], ["aab.npy"]],
  [".cache/*", ".cache", ["a"], []],
  ["*/.a", ".", ["b/.a"], ["b/a"]],
];

test.each(cases)("%s", (pattern, base, takes, leaves) => {
  expect(isPattern(pattern)).toBe(true);
  const glob = parseGlob(pattern);
  expect(glob.base).toBe(base);
  for (const path of takes) expect([path, glob.takes(path)]).toEqual([path, true]);
  for (const path of leaves) expect([path, glob.takes(path)]).toEqual([path, false]);
});

test("folders are entered only where something may be found", () => {
  const glob = parseGlob("data/{train,val}/*/[0-9].npy");
  const entered = ["train", "val/x", "test", "train/x/y", "val/x/y/z", ".train"].filter(glob.enters);
  expect(entered).toEqual(["train", "val/x"]);
  expect(["a", "a/b/c", ".a", "a/.b"].filter(parseGlob("x/**/*.npy").enters)).toEqual(["a", "a/b/c"]);
});

test.each([
  ["a/[b.npy", "a/[b.npy: a bracket in the pattern does not close"],
  ["a/{b,c.npy", "a/{b,c.npy: a brace in the pattern does not close"],
  ["{0..99999}", "{0..99999}: braces in the pattern stand for more than 10000 patterns. Use *."],
])("%s is refused", (pattern, line) => {
  expect(() => parseGlob(pattern)).toThrow(line);
});
