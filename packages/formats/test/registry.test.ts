import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { openTensor } from "../src/index.js";
import { npyFloats, zipBytes } from "./sample-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const loaded = () => Object.keys(createRequire(import.meta.url).cache).some((path) => path.includes("yauzl"));

test("only the reader that is needed is loaded", async () => {
  const array = npyFloats([1, 2], [3, 4]);
  await openTensor(scratch.write("a.npy", array));
  expect(loaded()).toBe(false);
  await openTensor(scratch.write("a.npz", zipBytes([{ name: "a.npy", data: array }])));
  expect(loaded()).toBe(true);
});
