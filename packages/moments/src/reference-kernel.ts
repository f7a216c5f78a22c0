import { type DType, isExactInteger, itemSize } from "@normstream/tensor";
import { elementReader, elementWriter } from "./elements.js";
import { Fold } from "./fold.js";
import type { Kernel } from "./kernel.js";
import { type LeafRule, leafRow } from "./leaf.js";
import type { OutputDType } from "./output-dtype.js";
import { referenceGradient } from "./reference-gradient.js";
import { LEAF, ROW, ROW_BYTES } from "./row.js";

/**
 * The kernel in plain JavaScript: `leafRow` and `Fold` over any buffer, and float64 arithmetic rounded once. The SIMD
 * kernels are held to it, and it does their work where there is no WebAssembly.
 */
export function referenceKernel(buffer: ArrayBufferLike): Kernel {
  const view = new DataView(buffer);

  const leafAt = (dtype: DType, offsets: Iterable<number>, rule: LeafRule): Float64Array => {
    const read = elementReader(dtype);
    const out = new Float64Array(ROW);
    leafRow(
      Array.from(offsets, (at) => read(view, at)),
      isExactInteger(dtype) ? "integer" : rule,
      out,
    );
    return out;
  };
  const writeRow = (row: Float64Array, at: number): void => new Float64Array(buffer, at, ROW).set(row);

  const leavesOf = function* (dtype: DType, source: number, values: number): Iterable<Float64Array> {
    const size = itemSize(dtype);
    for (let first = 0; first < values; first += LEAF) {
      yield leafAt(dtype, steps(source + first * size, Math.min(LEAF, values - first), size), "float");
    }
  };

  const columnRows = (
    dtype: DType,
    source: number,
    positions: number,
    channels: number,
    strideBytes: number,
    rows: number,
    rule: LeafRule,
  ): void => {
    for (let c = 0; c < channels; c++) {
      const offsets = steps(source + c * itemSize(dtype), positions, strideBytes);
      writeRow(leafAt(dtype, offsets, rule), rows + c * ROW_BYTES);
    }
  };

  const normalize = (
    from: DType,
    to: OutputDType,
    source: number,
    target: number,
    values: number,
    affineAt: (index: number) => readonly [mean: number, scale: number, shift: number],
  ): void => {
    const read = elementReader(from);
    const write = elementWriter(to);
    for (let i = 0; i < values; i++) {
      const [mean, scale, shift] = affineAt(i);
      write(view, target + i * itemSize(to), (read(view, source + i * itemSize(from)) - mean) * scale + shift);
    }
  };

  return {
    buffer,

    planeRows(dtype, source, planes, values, strideBytes, rows) {
      for (let i = 0; i < planes; i++) {
        const fold = new Fold(1);
        for (const leaf of leavesOf(dtype, source + i * strideBytes, values)) fold.push(leaf);
        writeRow(fold.result(), rows + i * ROW_BYTES);
      }
    },

    leafRows(dtype, source, values, rows) {
      let at = rows;
      for (const leaf of leavesOf(dtype, source, values)) {
        writeRow(leaf, at);
        at += ROW_BYTES;
      }
    },

    runRows(dtype, source, channels, runs, values, channelStrideBytes, runStrideBytes, rows) {
      for (let c = 0; c < channels; c++) {
        const offsets = [...steps(source + c * channelStrideBytes, runs, runStrideBytes)].flatMap((run) => [
          ...steps(run, values, itemSize(dtype)),
        ]);
        writeRow(leafAt(dtype, offsets, "float"), rows + c * ROW_BYTES);
      }
    },

    interleavedRows: (dtype, source, positions, channels, strideBytes, rows) =>
      columnRows(dtype, source, positions, channels, strideBytes, rows, "float"),

    tableRows: (dtype, source, positions, channels, strideBytes, rows) =>
      columnRows(dtype, source, positions, channels, strideBytes, rows, "table"),

    normalizeRun(from, to, source, target, values, { mean, scale, shift }) {
      const affine = [mean, scale, shift] as const;
      normalize(from, to, source, target, values, () => affine);
    },

    periodicBytes: (period) => period * 3 * 8,

    preparePeriodic(mean, scale, shift, prepared) {
      const into = new Float64Array(buffer, prepared, mean.length * 3);
      into.set(mean);
      into.set(scale, mean.length);
      into.set(shift, mean.length * 2);
    },

    normalizePeriodic(from, to, source, target, values, prepared, period) {
      const affines = new Float64Array(buffer, prepared, period * 3);
      normalize(from, to, source, target, values, (i) => {
        const c = i % period;
        return [affines[c] as number, affines[period + c] as number, affines[2 * period + c] as number];
      });
    },

    byteSwap(size, source, values) {
      for (let i = 0; i < values; i++) new Uint8Array(buffer, source + i * size, size).reverse();
    },

    ...referenceGradient(buffer),
  };
}

/** `count` byte offsets, `step` apart. */
function* steps(first: number, count: number, step: number): Iterable<number> {
  for (let i = 0; i < count; i++) yield first + i * step;
}
