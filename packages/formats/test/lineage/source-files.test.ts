import { cpSync, mkdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileList, openTensor, parseFileLine, type SourceFile, sourceFiles } from "../../src/index.js";
import { faultyServer } from "../places/faulty-server.js";
import { npyFloats } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const folder = scratch.path("data");
mkdirSync(folder);
writeFileSync(join(folder, "a.npy"), npyFloats([2, 2], [0, 1, 2, 3]));
writeFileSync(join(folder, "b.npy"), npyFloats([1, 2], [4, 5]));
writeFileSync(join(folder, "normstream.json"), JSON.stringify({ schema: "normstream/manifest/1", parts: ["b.npy", "a.npy"] }));
const zarr = new URL("../../../../test/formats/zarr-fixtures", import.meta.url).pathname;

async function filesOf(input: string): Promise<SourceFile[]> {
  await using source = await openTensor(input);
  const files: SourceFile[] = [];
  for await (const file of sourceFiles(source, input)) files.push(file);
  return files;
}
const state = (name: string) => ({ size: statSync(join(folder, name)).size, mtimeMs: statSync(join(folder, name)).mtimeMs });

test("files of a folder, a pattern, a manifest and a file alone, by paths below the input's folder", async () => {
  const [a, b] = [
    { path: "a.npy", ...state("a.npy") },
    { path: "b.npy", ...state("b.npy") },
  ];
  const inOrder = [
    { ...a, firstSample: 0, samples: 2 },
    { ...b, firstSample: 2, samples: 1 },
  ];
  expect(await filesOf(`${folder}/*.npy`)).toEqual(inOrder);
  expect(await filesOf(folder)).toEqual([
    { ...b, firstSample: 0, samples: 1 },
    { ...a, firstSample: 1, samples: 2 },
  ]);
  expect(await filesOf(join(folder, "a.npy"))).toEqual([inOrder[0]]);
});

test("a local Zarr array is its files; a far object has its entity tag, and no secrets", async () => {
  const copy = scratch.path("copy.zarr");
  cpSync(join(zarr, "lz4"), copy, { recursive: true });
  const files = await filesOf(copy);
  expect(files.length).toBeGreaterThan(1);
  for (const { path, size, mtimeMs } of files) {
    const found = statSync(join(copy, path));
    expect({ size, mtimeMs }).toEqual({ size: found.size, mtimeMs: found.mtimeMs });
  }
  await using server = await faultyServer(npyFloats([2, 2], [0, 1, 2, 3]));
  server.etag = '"7"';
  const [far] = await filesOf(`${server.url.replace("//", "//user:secret@")}?signature=secret`);
  expect(far).toMatchObject({ path: server.url, etag: '"7"', samples: 2 });
  expect(JSON.stringify(far)).not.toContain("secret");
});

test("a list says the same lines as often as it is asked, and a digest that changes with a file", async () => {
  const list = async () => {
    await using source = await openTensor(folder);
    return FileList.of(sourceFiles(source, folder));
  };
  using first = await list();
  using second = await list();
  expect([first.count, first.digest]).toEqual([2, second.digest]);
  const lines = [...first.lines()];
  expect(lines.map((line) => parseFileLine(line, "x").path)).toEqual(["b.npy", "a.npy"]);
  const bytes = Buffer.concat([...first.chunks()]);
  expect([bytes.toString(), bytes.length]).toEqual([lines.map((line) => `${line}\n`).join(""), first.byteLength]);
  utimesSync(join(folder, "a.npy"), 1, 1);
  using third = await list();
  expect(third.digest).not.toBe(first.digest);
  await expectError(() => parseFileLine("{}", "files"), "data", "files: the list of files is damaged");
});
