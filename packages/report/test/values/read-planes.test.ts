import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { encodeNpyHeader, openTensor } from "@normstream/formats";
import { createInlineEngine, tensorIn } from "@normstream/pipeline";
import type { Layout, StoredTensor } from "@normstream/tensor";
import { afterAll, expect, test } from "vitest";
import { readPlanes } from "../../src/values/read-planes.js";

const folder = mkdtempSync(join(tmpdir(), "normstream-planes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [N, C, H, W] = [7, 5, 6, 4];
const valueAt = (n: number, c: number, j: number) => n * 10_000 + c * 1000 + j;

/** The value of element i of a shape in C order. */
function elements(layout: Layout): Float32Array {
  const last = layout === "NHWC";
  return Float32Array.from({ length: N * C * H * W }, (_, i) => {
    const inside = i % (C * H * W);
    const [c, j] = last ? [inside % C, Math.floor(inside / C)] : [Math.floor(inside / (H * W)), inside % (H * W)];
    return valueAt(Math.floor(i / (C * H * W)), c, j);
  });
}

const shapeOf = (layout: Layout) => (layout === "NHWC" ? [N, H, W, C] : [N, C, H, W]);
const engine = createInlineEngine();

async function open(kind: string, layout: Layout): Promise<StoredTensor> {
  const values = elements(layout);
  const shape = shapeOf(layout);
  if (kind === "memory") return tensorIn(engine, shape, "float32", { layout, data: values });
  const path = join(folder, `${kind}-${layout}.npy`);
  const swapped = Buffer.from(values.slice().buffer);
  if (kind === "big-endian") swapped.swap32();
  let header = Buffer.from(encodeNpyHeader(shape, "float32"));
  if (kind === "big-endian") header = Buffer.from(header.toString("latin1").replace("<f4", ">f4"), "latin1");
  if (kind === "gzip") {
    // IDX of float32 is big-endian.
    const sizes = Buffer.alloc(16);
    for (const [i, extent] of shape.entries()) sizes.writeUInt32BE(extent, 4 * i);
    const idx = `${path}-idx4-float.gz`;
    writeFileSync(idx, gzipSync(Buffer.concat([Buffer.from([0, 0, 0x0d, 4]), sizes, swapped.swap32()])));
    return openTensor(idx, { layout });
  }
  if (kind === "fortran") {
    const [a, b, c, d] = shape as [number, number, number, number];
    const turned = new Float32Array(values.length);
    for (let i = 0; i < values.length; i++) {
      const [w, z, y, x] = [i % d, Math.floor(i / d) % c, Math.floor(i / (d * c)) % b, Math.floor(i / (d * c * b))];
      turned[x + a * (y + b * (z + c * w))] = values[i] as number;
    }
    header = Buffer.from(header.toString("latin1").replace("False,", "True, "), "latin1");
    writeFileSync(path, Buffer.concat([header, Buffer.from(turned.buffer)]));
  } else writeFileSync(path, Buffer.concat([header, swapped]));
  return openTensor(path, { layout });
}

test.each(
  ["memory", "file", "big-endian", "fortran", "gzip"].flatMap((kind) =>
    (["NCHW", "NHWC"] as const).map((layout) => ({ kind, layout })),
  ),
)("reads windows of planes from $kind, $layout", async ({ kind, layout }) => {
  const source = await open(kind, layout);
  const found = new Map<string, number[]>();
  const want = (sample: number, channels: number[], from: number, to: number) => ({
    ...{ sample, channels, from, to },
    take: (channel: number, position: number, values: Float64Array) => {
      const key = `${sample} ${channel} ${from}`;
      const list = found.get(key) ?? [];
      expect(position).toBe(from + list.length);
      found.set(key, [...list, ...values]);
    },
  });
  // Out of order, over each other, and one of a sample that nobody else wants.
  await readPlanes(source, engine, [
    want(5, [0, 4], 3, 9),
    want(1, [2], 0, 24),
    want(5, [1, 2, 3, 4], 0, 24),
    want(6, [0], 23, 24),
  ]);
  const expected = (n: number, c: number, from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => valueAt(n, c, from + i));
  expect(Object.fromEntries(found)).toEqual({
    "5 0 3": expected(5, 0, 3, 9),
    "5 4 3": expected(5, 4, 3, 9),
    "1 2 0": expected(1, 2, 0, 24),
    ...Object.fromEntries([1, 2, 3, 4].map((c) => [`5 ${c} 0`, expected(5, c, 0, 24)])),
    "6 0 23": expected(6, 0, 23, 24),
  });
});
