import { existsSync, linkSync, readFileSync, statSync, writeFileSync } from "node:fs";
import type { DType } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { crc32, crc32Combine, createSink, openRangeWriter, openTensor, readVector, type TensorSink } from "../src/index.js";
import { hasNumpy, python } from "./python.js";
import { bytesOf, npyFloats } from "./sample-bytes.js";
import { expectError, scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const values = Float32Array.from({ length: 2 * 3 * 500 }, (_, i) => i / 3);
const shape = [2, 3, 500];

/** Writes the parts of an array last to first, as workers might, and gives their checksums. */
function writeParts(sink: TensorSink, bytes: Uint8Array, partBytes: number) {
  using writer = openRangeWriter(structuredClone(sink.range));
  const pieces = [];
  for (let at = Math.floor((bytes.length - 1) / partBytes) * partBytes; at >= 0; at -= partBytes) {
    // Workers write from shared memory.
    const part = bytes.subarray(at, at + partBytes);
    const view = new Uint8Array(new SharedArrayBuffer(part.length));
    view.set(part);
    writer.write(view, at);
    pieces.push({ byteOffset: at, byteLength: part.length, crc: crc32(view) });
  }
  return pieces;
}

describe.each(["npy", "npz", "safetensors"] as const)(".%s", (format) => {
  test("parts written in any order come back", async () => {
    const path = scratch.fresh(`.${format}`);
    await using sink = await createSink(path, { shape, dtype: "float32" });
    expect(sink).toMatchObject({
      path,
      format,
      shape,
      dtype: "float32",
      needsChecksums: format === "npz",
      range: { target: path, byteLength: 12_000 },
    });
    const pieces = writeParts(sink, bytesOf(values), 777);
    expect(existsSync(path)).toBe(false);
    await sink.commit(pieces);
    expect(await openTensor(path)).toMatchObject({ format, shape, dtype: "float32", order: "C", bigEndian: false });
    expect(await readVector(path)).toEqual(Float64Array.from(values));
    expect(scratch.partials()).toEqual([]);
    await expectError(() => sink.commit(pieces), "internal", "already finished");
  });

  test("no elements", async () => {
    const path = scratch.fresh(`.${format}`);
    await using sink = await createSink(path, { shape: [0, 3], dtype: "float64" });
    await sink.commit([]);
    expect(await openTensor(path)).toMatchObject({ shape: [0, 3], byteLength: 0 });
  });

  test("abort, dispose and a signal leave nothing, and an old file stays", async () => {
    const path = scratch.write(`old.${format}`, "old");
    for (const end of ["abort", "dispose", "signal"]) {
      const controller = new AbortController();
      const sink = await createSink(path, { shape, dtype: "float32", overwrite: true, signal: controller.signal });
      const pieces = writeParts(sink, bytesOf(values), 5000);
      expect(scratch.partials()).toHaveLength(1);
      if (end === "abort") await sink.abort();
      if (end === "signal") {
        controller.abort();
        await expectError(() => sink.commit(pieces), "aborted");
      }
      await sink[Symbol.asyncDispose]();
      expect(scratch.partials()).toEqual([]);
      expect(readFileSync(path, "utf8")).toBe("old");
    }
  });
});

test.skipIf(!hasNumpy).each(["npy", "npz"])("NumPy reads .%s", async (format) => {
  const path = scratch.fresh(`.${format}`);
  await using sink = await createSink(path, { shape, dtype: "float32", name: "größe" });
  await sink.commit(writeParts(sink, bytesOf(values), 4096));
  const script = `import sys, numpy as np, zipfile
a = np.load(sys.argv[1])
if sys.argv[1].endswith('npz'):
    assert zipfile.ZipFile(sys.argv[1]).testzip() is None
    a = a['größe']
print(a.shape, a.dtype, a.flags.c_contiguous, (a == np.arange(3000, dtype='f8').reshape(2, 3, 500).astype('f4') / np.float32(3)).all())`;
  expect(python(script, path)).toBe("(2, 3, 500) float32 True True");
});

test("the tensor of a .safetensors file begins at a multiple of 8, and has the name that was asked for", async () => {
  const path = scratch.fresh(".safetensors");
  await using sink = await createSink(path, { shape: [3, 1], dtype: "bfloat16", name: 'a "name"' });
  expect(sink.range.byteOffset % 8).toBe(0);
  await sink.commit();
  expect(await openTensor(path, { select: 'a "name"' })).toMatchObject({ dtype: "bfloat16", shape: [3, 1] });
});

test("an archive above 4 GiB is zip64, with the right checksum", async () => {
  // 4.5 GB of zeros, of which the file system stores nothing; CRCs of 2^k zeros come by doubling.
  const zeros = [crc32(new Uint8Array(1))];
  for (let k = 0; k < 33; k++) zeros.push(crc32Combine(zeros[k] as number, zeros[k] as number, 2 ** k));
  const path = scratch.fresh(".npz");
  await using sink = await createSink(path, { shape: [2, 2 ** 31 + 2 ** 28], dtype: "uint8" });
  await sink.commit([
    { byteOffset: 2 ** 32, byteLength: 2 ** 29, crc: zeros[29] as number },
    { byteOffset: 0, byteLength: 2 ** 32, crc: zeros[32] as number },
  ]);
  const opened = await openTensor(path);
  expect(opened).toMatchObject({ byteLength: 2 ** 32 + 2 ** 29, storage: { kind: "file", byteOffset: sink.range.byteOffset } });
  if (hasNumpy)
    expect(python("import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).infolist()[0].file_size)", path)).toBe(
      `${2 ** 32 + 2 ** 29 + 128}`,
    );
  expect(statSync(path).blocks * 512).toBeLessThan(10_000_000);
});

describe("refused before anything is written", () => {
  const plain = { shape: [2, 3], dtype: "float32" as DType };
  test.each<[string, () => string, object, "usage" | "io" | "data", string[]]>([
    [
      "an unknown extension",
      () => scratch.path("x.png"),
      {},
      "usage",
      ["x.png", "expected .npy, .npz, .safetensors", "found .png"],
    ],
    ["no extension", () => scratch.path("x"), {}, "usage", ["found none"]],
    ["a file that exists", () => scratch.write("there.npy", "old"), {}, "usage", ["there.npy", "the file exists", "--overwrite"]],
    ["a folder", () => scratch.folder, { format: "npy" }, "io", ["is a folder"]],
    ["a folder that is not there", () => scratch.path("none/x.npy"), {}, "io", ["none/x.npy", "Make the folder first"]],
    ["bfloat16 in .npy", () => scratch.path("x.npy"), { dtype: "bfloat16" }, "usage", ["no bfloat16", ".safetensors"]],
    ["bfloat16 in .npz", () => scratch.path("x.npz"), { dtype: "bfloat16" }, "usage", ["no bfloat16"]],
    ["a climbing name", () => scratch.path("x.npz"), { name: "../a" }, "usage", ["cannot name a member"]],
    ["a shape that overflows", () => scratch.path("x.npy"), { shape: [2 ** 30, 2 ** 30] }, "data", ["too many elements"]],
    ["more than the device holds", () => scratch.path("x.npy"), { shape: [2 ** 25, 2 ** 25] }, "io", ["no space left"]],
  ])("%s", async (_, path, options, kind, parts) => {
    await expectError(() => createSink(path(), { ...plain, ...options }), kind, ...parts);
    expect(scratch.partials()).toEqual([]);
    expect(existsSync(scratch.path("x.npy"))).toBe(false);
  });

  test("the input, under any of its names", async () => {
    const input = scratch.write("input.npy", npyFloats([2, 3], [1, 2, 3, 4, 5, 6]));
    linkSync(input, scratch.path("alias.npy"));
    for (const output of [input, scratch.path("alias.npy")]) {
      await expectError(
        () => createSink(output, { ...plain, input, overwrite: true }),
        "usage",
        output,
        "the output is the input",
      );
    }
    await using sink = await createSink(scratch.path("other.npy"), { ...plain, input, overwrite: true });
    expect(sink.format).toBe("npy");
  });
});

test("a commit without its checksums, or with parts missing, fails and leaves nothing", async () => {
  const path = scratch.fresh(".npz");
  {
    await using sink = await createSink(path, { shape, dtype: "float32" });
    await expectError(() => sink.commit(), "internal", "needs checksums");
    const pieces = writeParts(sink, bytesOf(values), 5000);
    await expectError(() => sink.commit(pieces.slice(1)), "internal", "do not fill it");
  }
  expect(existsSync(path)).toBe(false);
  expect(scratch.partials()).toEqual([]);
});

test("a file that appears meanwhile is not replaced", async () => {
  const path = scratch.fresh(".npy");
  await using sink = await createSink(path, { shape, dtype: "float32" });
  writeFileSync(path, "theirs");
  await expectError(() => sink.commit(), "usage", path, "the file exists");
  expect(readFileSync(path, "utf8")).toBe("theirs");
});

test("a writer stays inside the tensor, and names the target", async () => {
  const path = scratch.fresh(".npy");
  await using sink = await createSink(path, { shape, dtype: "float32" });
  using writer = openRangeWriter(sink.range);
  for (const position of [-1, 11_999, Number.NaN]) {
    await expectError(() => writer.write(new Uint8Array(2), position), "internal", path, "expected bytes 0 to 12000");
  }
  await sink.abort();
  await expectError(() => openRangeWriter(sink.range), "io", path, "cannot write", "no such file");
});

test.skipIf(!existsSync("/dev/full"))("a full device is an error of the target", async () => {
  using writer = openRangeWriter({ path: "/dev/full", target: "out.npy", byteOffset: 0, byteLength: 100 });
  await expectError(() => writer.write(new Uint8Array(10), 0), "io", "out.npy", "cannot write", "no space left on the device");
});
