import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeNpyHeader, encodeSafetensors, type SmallTensor, writeNpz } from "@normstream/formats";
import { afterAll, describe, expect, test } from "vitest";
import { BatchNorm, readStateDict } from "../../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-state-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const pytorchs = fileURLToPath(new URL("../../../../examples/from-pytorch/model.safetensors", import.meta.url));

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
const floats = (name: string, ...values: number[]): SmallTensor => ({
  name,
  shape: [values.length],
  dtype: "float32",
  bytes: bytesOf(Float32Array.from(values)),
});
let files = 0;
function written(...tensors: SmallTensor[]): string {
  const path = join(folder, `${files++}.safetensors`);
  writeFileSync(path, encodeSafetensors(tensors));
  return path;
}

test("a module of a model that PyTorch saved", async () => {
  const dict = await readStateDict(pytorchs, { prefix: "norm" });
  expect(Object.keys(dict).sort()).toEqual(["bias", "num_batches_tracked", "running_mean", "running_var", "weight"]);
  expect(dict.num_batches_tracked).toEqual({ shape: [], data: BigInt64Array.of(3n) });
  expect(dict.weight?.shape).toEqual([3]);
  expect(dict.weight?.data).toBeInstanceOf(Float32Array);
  const layer = new BatchNorm(3);
  layer.loadStateDict(dict);
  expect(layer.numBatchesTracked).toBe(3);
  expect(layer.runningMean).toEqual(Float64Array.from(dict.running_mean?.data as Float32Array));
  expect(await readStateDict(pytorchs, { prefix: "norm." })).toEqual(dict);
});

test("entries of the modules inside are left out; without a prefix those that have none", async () => {
  const path = written(floats("weight", 1), floats("a.weight", 2), floats("a.b.weight", 3), floats("ab.weight", 4));
  expect(await readStateDict(path)).toEqual({ weight: { shape: [1], data: Float32Array.of(1) } });
  expect(await readStateDict(path, { prefix: "a" })).toEqual({ weight: { shape: [1], data: Float32Array.of(2) } });
  expect(await readStateDict(path, { prefix: "a.b" })).toEqual({ weight: { shape: [1], data: Float32Array.of(3) } });
});

test("dtypes: as they are, but for 16 bits, which are widened exactly", async () => {
  const path = written(
    { name: "f64", shape: [1], dtype: "float64", bytes: bytesOf(Float64Array.of(0.1)) },
    { name: "f16", shape: [2], dtype: "float16", bytes: bytesOf(Uint16Array.of(0x3c00, 0xc000)) },
    { name: "bf16", shape: [1], dtype: "bfloat16", bytes: bytesOf(Uint16Array.of(0x3fc0)) },
    { name: "i32", shape: [1], dtype: "int32", bytes: bytesOf(Int32Array.of(2 ** 30 + 1)) },
    { name: "i64", shape: [1], dtype: "int64", bytes: bytesOf(BigInt64Array.of(2n ** 60n + 1n)) },
  );
  const dict = await readStateDict(path);
  expect(Object.fromEntries(Object.entries(dict).map(([name, { data }]) => [name, data]))).toEqual({
    f64: Float64Array.of(0.1),
    f16: Float32Array.of(1, -2),
    bf16: Float32Array.of(1.5),
    i32: Float64Array.of(2 ** 30 + 1),
    i64: BigInt64Array.of(2n ** 60n + 1n),
  });
});

test("a .npz that NumPy wrote: numpy.savez(path, **{name: tensor.numpy()})", async () => {
  const path = join(folder, "state.npz");
  const int64 = Buffer.from(Buffer.from(encodeNpyHeader([], "float64")).toString("latin1").replace("<f8", "<i8"), "latin1");
  await writeNpz(path, {
    "norm.running_mean.npy": [encodeNpyHeader([2], "float64"), bytesOf(Float64Array.of(1, 2))],
    "norm.num_batches_tracked.npy": [int64, bytesOf(BigInt64Array.of(7n))],
  });
  expect(await readStateDict(path, { prefix: "norm" })).toEqual({
    running_mean: { shape: [2], data: Float64Array.of(1, 2) },
    num_batches_tracked: { shape: [], data: BigInt64Array.of(7n) },
  });
});

test("a name that objects have is a name like any other", async () => {
  const dict = await readStateDict(written(floats("__proto__", 5)));
  expect(Object.hasOwn(dict, "__proto__")).toBe(true);
  expect(() => new BatchNorm(1).loadStateDict(dict)).toThrow('unknown name "__proto__"');
});

describe("refused", () => {
  test("a layer that is not there: says which are", async () => {
    await expect(readStateDict(pytorchs, { prefix: "features.1" })).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringMatching(
        /the file holds no state of a layer "features\.1"\. It holds: .*norm.*Name one with prefix\.$/,
      ),
    });
    const path = written(floats("a.weight", 2), floats("a.b.weight", 3));
    await expect(readStateDict(path)).rejects.toThrow("no state of a layer without a prefix. It holds: a, a.b. Name one");
  });

  test("what is no state dict", async () => {
    const npy = join(folder, "x.npy");
    writeFileSync(npy, Buffer.concat([encodeNpyHeader([1, 1], "float32"), Buffer.alloc(4)]));
    await expect(readStateDict(npy)).rejects.toMatchObject({ kind: "usage", message: expect.stringContaining("save_file") });
    await expect(readStateDict(join(folder, "missing.safetensors"))).rejects.toMatchObject({ kind: "io" });
    await expect(readStateDict(undefined as never)).rejects.toThrow("no file to read a state dict from");
    await expect(readStateDict(npy, { prefix: 5 as never })).rejects.toThrow("the prefix of a state dict is no text");
    await expect(readStateDict(npy, null as never)).rejects.toThrow("options of readStateDict are no object");
  });

  test("a pickle of PyTorch's", async () => {
    const path = join(folder, "model.pt");
    writeFileSync(path, "PK");
    await expect(readStateDict(path)).rejects.toMatchObject({
      kind: "usage",
      message: expect.stringContaining(
        "PyTorch's pickles are not read: they are programs; expected .safetensors or .npz. Save it with",
      ),
    });
  });

  test("a damaged file, a dtype that is not supported, a tensor that is too large to be a parameter", async () => {
    const whole = written(floats("weight", 1, 2));
    const cut = join(folder, "cut.safetensors");
    writeFileSync(cut, encodeSafetensors([floats("weight", 1, 2)]).subarray(0, -1));
    await expect(readStateDict(cut)).rejects.toMatchObject({ kind: "data", message: expect.stringContaining("truncated") });
    const complex = join(folder, "complex.safetensors");
    writeFileSync(
      complex,
      Buffer.from(encodeSafetensors([floats("weight", 1, 2)]))
        .toString("latin1")
        .replace('"F32","shape":[2]', '"C64","shape":[1]'),
      "latin1",
    );
    await expect(readStateDict(complex)).rejects.toMatchObject({
      kind: "data",
      message: expect.stringContaining("weight: dtype C64"),
    });
    const large = written({ name: "weight", shape: [8_000_001], dtype: "uint8", bytes: new Uint8Array(8_000_001) });
    await expect(readStateDict(large)).rejects.toMatchObject({ kind: "data", message: expect.stringContaining("too large") });
    await expect(readStateDict(whole, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "aborted" });
  });
});
