import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as api from "../src/index.js";

test("names", () => {
  expect(Object.keys(api).sort()).toEqual([
    "SCRATCH_BYTES",
    "compileKernel",
    "createKernel",
    "fitsFloat32",
    "gradientFitsFloat32",
    "periodicBytes",
    "periodicGradientBytes",
    "weightsBytes",
  ]);
});

test("the scratch is as large as the kernels take it to be, and whole cache lines", () => {
  const memory = new WebAssembly.Memory({ initial: 16, maximum: 65536, shared: true });
  const instance = new WebAssembly.Instance(api.compileKernel(), { env: { memory } });
  expect((instance.exports.SCRATCH_BYTES as { value: number }).value).toBe(api.SCRATCH_BYTES);
  expect(api.SCRATCH_BYTES % 64).toBe(0);
});

test("the module is compiled once", () => {
  expect(api.compileKernel()).toBe(api.compileKernel());
});

test("the module holds no data, so that instances over one memory do not write over each other", () => {
  const text = readFileSync(new URL("../generated/kernel-wasm.ts", import.meta.url), "utf8");
  const bytes = Buffer.from(/"([A-Za-z0-9+/=]+)"/.exec(text)?.[1] ?? "", "base64");
  const sections: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    sections.push(bytes[at++] as number);
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] as number;
      length |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    at += length;
  }
  const DATA_SECTION = 11;
  expect(sections).not.toContain(DATA_SECTION);
});
