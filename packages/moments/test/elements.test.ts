import { DTYPES, itemSize } from "@normstream/tensor";
import { describe, expect, test } from "vitest";
import { elementReader, elementWriter, widenBfloat16, widenFloat16 } from "../src/index.js";

const view = new DataView(new ArrayBuffer(64));

test.each(DTYPES)("%s: what is written is read, little-endian, at any offset", (dtype) => {
  for (const x of [0, 1, 5, 100]) {
    elementWriter(dtype)(view, 3, x);
    expect(elementReader(dtype)(view, 3)).toBe(x);
  }
  elementWriter(dtype)(view, 8, 1);
  const top = new Uint8Array(view.buffer, 8, itemSize(dtype)).at(-1);
  // The sign and the exponent stand in the last byte; whole numbers have their 1 in the first.
  expect(top).toBe({ float16: 0x3c, int8: 1, uint8: 1 }[dtype as string] ?? (dtype.includes("int") ? 0 : 0x3f));
});

describe.each([
  ["float16", widenFloat16, 0x7c00],
  ["bfloat16", widenBfloat16, 0x7f80],
] as const)("%s", (dtype, widen, infinity) => {
  const round = (x: number): number => {
    elementWriter(dtype)(view, 0, x);
    return view.getUint16(0, true);
  };

  test("every bit pattern rounds back to itself", () => {
    for (let bits = 0; bits < 65536; bits++) {
      const x = widen(bits);
      if (Number.isNaN(x)) expect((bits & 0x7fff) > infinity && Number.isNaN(widen(round(x)))).toBe(true);
      else if (round(x) !== bits) expect.fail(`${bits.toString(16)} came back as ${round(x).toString(16)}`);
    }
  });

  test("halfway cases go to even, and anything nearer to the nearer", () => {
    for (let bits = 0; bits < infinity; bits++) {
      const [low, high] = [widen(bits), bits + 1 === infinity ? 2 * widen(bits) - widen(bits - 1) : widen(bits + 1)];
      const half = low / 2 + high / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (round(half) !== even) expect.fail(`half above ${bits.toString(16)}`);
      if (round(half - (high - low) / 1e9) !== bits) expect.fail(`just below half above ${bits.toString(16)}`);
      if (round(half + (high - low) / 1e9) !== bits + 1) expect.fail(`just above half above ${bits.toString(16)}`);
      if (round(-half) !== (even | 0x8000)) expect.fail(`half below -${bits.toString(16)}`);
    }
  });

  test.each([
    [Infinity, infinity],
    [-Infinity, infinity | 0x8000],
    [1e300, infinity],
    [-1e300, infinity | 0x8000],
    [5e-324, 0],
    [-0, 0x8000],
    [1, dtype === "float16" ? 0x3c00 : 0x3f80],
    [-2, dtype === "float16" ? 0xc000 : 0xc000],
  ])("%d", (x, bits) => {
    expect(round(x)).toBe(bits);
  });
});
