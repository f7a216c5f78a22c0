import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { EVERY_FILE, walkFiles } from "../../src/listing/walk.js";
import { scratchFolder } from "../scratch.js";

const scratch = scratchFolder();

function tree(name: string, paths: readonly string[]): string {
  const root = scratch.path(name);
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), "");
  }
  return root;
}

async function walked(root: string): Promise<string[]> {
  const found: string[] = [];
  for await (const path of walkFiles(root, EVERY_FILE)) found.push(path);
  return found;
}

test("files come in the order of their paths' bytes, whatever folders they are in", async () => {
  const paths = ["a/b", "a-b", "a0", "a/b/c".replace("b/c", "c/d"), "B", "a.b", "é", "a/c.x", "z/1/2/3"];
  const root = tree("order", [...paths, ".hidden", ".folder/x"]);
  expect(await walked(root)).toEqual(paths.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
});

test("links are followed, but not in circles", async () => {
  const root = tree("links", ["one/a", "two/b"]);
  symlinkSync("../one", join(root, "two/more"));
  symlinkSync("one/a", join(root, "a-link"));
  expect(await walked(root)).toEqual(["a-link", "one/a", "two/b", "two/more/a"]);
  symlinkSync("..", join(root, "one/back"));
  await expect(walked(root)).rejects.toThrow("links/one/back: the symbolic link leads back to a folder that it stands in");
});

test("a link that leads nowhere is named", async () => {
  const root = tree("dangling", ["a"]);
  symlinkSync("gone", join(root, "b"));
  await expect(walked(root)).rejects.toThrow(`${root}/b: cannot follow the symbolic link: no such file or folder`);
});

test("a folder of more names than are sorted in memory", async () => {
  const root = scratch.path("many");
  mkdirSync(root);
  const names = Array.from({ length: 3000 }, (_, i) => `f${(i * 7919) % 3000}`);
  for (const name of names) writeFileSync(join(root, name), "");
  const seen: number[] = [];
  const found: string[] = [];
  for await (const path of walkFiles(root, EVERY_FILE, { onSeen: (count) => seen.push(count) })) found.push(path);
  expect(found).toEqual(names.sort());
  expect(seen).toEqual([1024, 2048, 3000]);
});
