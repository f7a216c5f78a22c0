// GB/s of payload (bytes of the source) of every kernel, one thread, beside memory.copy in the same run:
//   node packages/kernel/bench.mjs [part of a name]
import { cpus } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));
const bundle = await build({
  entryPoints: [`${folder}/src/index.ts`],
  bundle: true,
  format: "esm",
  platform: "node",
  write: false,
});
const { createKernel, SCRATCH_BYTES } = await import(
  `data:text/javascript;base64,${Buffer.from(bundle.outputFiles[0].contents).toString("base64")}`
);

const PAYLOAD = 64 << 20;
const memory = new WebAssembly.Memory({ initial: 4096, maximum: 65536, shared: true });
const kernel = createKernel(memory, 0);
const rows = Math.ceil(SCRATCH_BYTES / 65536) * 65536;
const source = rows + (16 << 20);
const target = source + PAYLOAD;
const third = target + PAYLOAD;
const filter = process.argv[2] ?? "";

const median = (list) => list.sort((a, b) => a - b)[list.length >> 1];

/** Median of rounds, after a warm-up that lets the compiler finish. */
function measure(name, bytes, run) {
  if (!name.includes(filter)) return;
  const times = [];
  for (let round = -3; round < 9; round++) {
    const start = process.hrtime.bigint();
    run();
    const seconds = Number(process.hrtime.bigint() - start) / 1e9;
    if (round >= 0) times.push(seconds);
  }
  const rate = (seconds) => (bytes / seconds / 1e9).toFixed(2).padStart(7);
  console.log(`${name.padEnd(44)} ${rate(median(times))} GB/s, best ${rate(Math.min(...times))}`);
}

const fill = {
  float32: (offset) =>
    new Float32Array(memory.buffer, source, PAYLOAD / 4).forEach((_, i, a) => {
      a[i] = offset + ((Math.imul(i, 2654435761) >>> 8) & 0xffff) / 65536 - 0.5;
    }),
  float64: () =>
    new Float64Array(memory.buffer, source, PAYLOAD / 8).forEach((_, i, a) => {
      a[i] = ((Math.imul(i, 2654435761) >>> 8) & 0xffff) / 65536 - 0.5;
    }),
  int: () =>
    new Uint32Array(memory.buffer, source, PAYLOAD / 4).forEach((_, i, a) => {
      a[i] = Math.imul(i, 2654435761);
    }),
  float16: () =>
    new Uint16Array(memory.buffer, source, PAYLOAD / 2).forEach((_, i, a) => {
      a[i] = 0x3000 + ((Math.imul(i, 2654435761) >>> 8) & 0x87ff);
    }),
};
const sizes = { float64: 8, float32: 4, int32: 4, float16: 2, bfloat16: 2, int16: 2, uint16: 2, int8: 1, uint8: 1 };
const fillOf = (dtype) => fill[dtype] ?? (dtype.includes("int") ? fill.int : fill.float16);

console.log(`${cpus()[0].model}, Node ${process.version}`);
const bytes = new Uint8Array(memory.buffer);
bytes.copyWithin(target, source, source + PAYLOAD);
measure("copyWithin", PAYLOAD, () => bytes.copyWithin(target, source, source + PAYLOAD));

for (const dtype of Object.keys(sizes)) {
  fillOf(dtype)(0);
  const plane = 112 * 112;
  const planes = Math.floor(PAYLOAD / sizes[dtype] / plane);
  const stride = plane * sizes[dtype];
  measure(`planeRows ${dtype} 112×112`, planes * stride, () => kernel.planeRows(dtype, source, planes, plane, stride, rows));
}
fill.float32(1e4);
measure("planeRows float32 112×112, mean 1e4", PAYLOAD, () =>
  kernel.planeRows("float32", source, PAYLOAD / 50176, 12544, 50176, rows),
);
new Float32Array(memory.buffer, source, PAYLOAD / 4).forEach((_, i, a) => {
  if (i % 5000 === 0) a[i] = NaN;
});
measure("planeRows float32 112×112, with NaN", PAYLOAD, () =>
  kernel.planeRows("float32", source, PAYLOAD / 50176, 12544, 50176, rows),
);
for (const dtype of ["float32", "uint8"]) {
  fillOf(dtype)(0);
  const blocks = PAYLOAD / sizes[dtype] / (64 * 128 * 49);
  measure(`runRows ${dtype} 128 runs of 7×7, 64 channels`, PAYLOAD, () => {
    for (let b = 0; b + 1 <= blocks; b++) {
      const at = source + b * 64 * 128 * 49 * sizes[dtype];
      kernel.runRows(dtype, at, 64, 128, 49, 49 * sizes[dtype], 64 * 49 * sizes[dtype], rows);
    }
  });
}

for (const [method, count] of [
  ["interleavedRows", 8192],
  ["tableRows", 4096],
]) {
  for (const dtype of ["float32", "uint8", "float64", "float16", "int16"]) {
    for (const offset of dtype === "float32" ? [0, 1e4] : [0]) {
      fillOf(dtype)(offset);
      for (const channels of [1, 3, 8, 16, 64, 256, 1000]) {
        const stride = channels * sizes[dtype];
        const blocks = Math.max(1, Math.floor(PAYLOAD / (count * stride)));
        measure(`${method} ${dtype} C=${channels}${offset ? ` mean ${offset}` : ""}`, blocks * count * stride, () => {
          for (let b = 0; b < blocks; b++) kernel[method](dtype, source + b * count * stride, count, channels, stride, rows);
        });
      }
    }
  }
}

const affine = { mean: 0.1, scale: 1.7, shift: 0.3 };
const conversions = [
  ["float32", "float32"],
  ["uint8", "float32"],
  ["float64", "float64"],
  ["float16", "float32"],
  ["int16", "float32"],
  ["bfloat16", "float32"],
  ["float32", "float16"],
  ["float16", "float16"],
  ["float32", "bfloat16"],
  ["float64", "float32"],
  ["int32", "float32"],
];
for (const [from, to] of conversions) {
  fillOf(from)(0);
  const values = Math.floor(PAYLOAD / Math.max(sizes[from], sizes[to]));
  const length = values * sizes[from];
  const step = 12544;
  measure(`normalizeRun ${from} → ${to}`, length, () => {
    for (let i = 0; i + step <= values; i += step) {
      kernel.normalizeRun(from, to, source + i * sizes[from], target + i * sizes[to], step, affine);
    }
  });
  if (from === to) {
    measure(`normalizeRun ${from} in place`, length, () => {
      for (let i = 0; i + step <= values; i += step) {
        kernel.normalizeRun(from, to, target + i * sizes[from], target + i * sizes[to], step, { mean: 0, scale: 1, shift: 1e-9 });
      }
    });
  }
}
measure("normalizeRun float32 → float32, not safe", PAYLOAD, () =>
  kernel.normalizeRun("float32", "float32", source, target, PAYLOAD / 4, { ...affine, shift: 40 }),
);
for (const [from, to] of [
  ["float32", "float32"],
  ["uint8", "float32"],
  ["float64", "float64"],
]) {
  fillOf(from)(0);
  for (const period of [1, 3, 64, 100, 1027, 100_003]) {
    const list = (x) => new Float64Array(period).fill(x);
    kernel.preparePeriodic(list(0.1), list(1.7), list(0.3), rows);
    const values = Math.floor(PAYLOAD / sizes[to]);
    measure(`normalizePeriodic ${from} → ${to} C=${period}`, values * sizes[from], () =>
      kernel.normalizePeriodic(from, to, source, target, values, rows, period),
    );
  }
}
measure("byteSwap 4", PAYLOAD, () => kernel.byteSwap(4, source, PAYLOAD / 4));

// Gradients: x at the source, dy at the target, dx in the third place; the payload is x and dy.
fill.float32(0);
bytes.copyWithin(target, source, source + PAYLOAD);
const statistics = rows + (1 << 20);
const sums = rows + (8 << 20);
const pairs = (count) => new Float64Array(memory.buffer, statistics, 2 * count).fill(0.3);
for (const [planes, plane] of [
  [PAYLOAD / 4 / 49, 49],
  [PAYLOAD / 4 / 12544, 12544],
]) {
  const count = Math.floor(planes);
  pairs(count);
  measure(`gradientSums float32 of ${plane}`, count * plane * 8, () =>
    kernel.gradientSums("float32", "float32", source, target, count, plane, plane * 4, plane * 4, statistics, sums),
  );
}
for (const [xType, dyType] of [
  ["float64", "float64"],
  ["float64", "float32"],
  ["float16", "float32"],
  ["bfloat16", "float32"],
  ["uint8", "float32"],
  ["int32", "float32"],
]) {
  fillOf(xType)(0);
  const [xBytes, dyBytes] = [12544 * sizes[xType], 12544 * sizes[dyType]];
  const planes = Math.floor(PAYLOAD / Math.max(xBytes, dyBytes));
  measure(`gradientSums ${xType}, ${dyType} of 12544`, planes * (xBytes + dyBytes), () =>
    kernel.gradientSums(xType, dyType, source, target, planes, 12544, xBytes, dyBytes, statistics, sums),
  );
}
fill.float32(0);
for (const channels of [1, 3, 8, 16, 32, 64, 100, 128, 256, 512, 1000]) {
  for (const positions of [49, 8192]) {
    const stride = channels * 4;
    const blocks = Math.floor(PAYLOAD / (positions * stride));
    pairs(channels);
    measure(`gradientSumsInterleaved float32 ${positions} of C=${channels}`, blocks * positions * stride * 2, () => {
      for (let b = 0; b < blocks; b++) {
        const at = b * positions * stride;
        kernel.gradientSumsInterleaved(
          "float32",
          "float32",
          source + at,
          target + at,
          positions,
          channels,
          stride,
          stride,
          statistics,
          sums,
        );
      }
    });
  }
}
fill.float16();
measure("gradientSumsInterleaved float16, float32 3136 of C=64", Math.floor(PAYLOAD / 4 / 200704) * 200704 * 6, () => {
  for (let at = 0; at + 200704 <= PAYLOAD / 4; at += 200704) {
    const [x, dy] = [source + 2 * at, target + 4 * at];
    kernel.gradientSumsInterleaved("float16", "float32", x, dy, 3136, 64, 128, 256, statistics, sums);
  }
});
fill.float32(0);
for (const width of [64, 768, 1000, 4096, 100_003]) {
  const weights = rows;
  kernel.prepareWeights(new Float64Array(width).fill(0.7), weights);
  const [count, stride] = [Math.floor(PAYLOAD / 4 / width), width * 4];
  const payload = count * stride * 2;
  pairs(count);
  measure(`gradientSumsWeighted float32 D=${width}`, payload, () =>
    kernel.gradientSumsWeighted("float32", "float32", source, target, count, width, stride, stride, weights, statistics, sums),
  );
  measure(`gradientColumnSums float32 D=${width}`, payload, () =>
    kernel.gradientColumnSums("float32", "float32", source, target, count, width, stride, stride, statistics, sums),
  );
  measure(`gradientInputWeighted float32 D=${width}`, payload, () => {
    for (let i = 0; i < count; i++) {
      const at = i * stride;
      const by = { a: 0.9, b: 0.3, mean: 0.1, c: 0.2 };
      kernel.gradientInputWeighted("float32", "float32", "float32", source + at, target + at, third + at, width, weights, 0, by);
    }
  });
}
const by = { a: 0.9, b: 1e-9, mean: 0.1, c: 1e-9 };
for (const [xType, dyType, outType, place] of [
  ["float32", "float32", "float32", third],
  ["float32", "float32", "float32", target],
  ["float64", "float64", "float64", third],
  ["float16", "float32", "float16", third],
  ["uint8", "float32", "float32", third],
  ["float64", "float32", "float32", third],
]) {
  fillOf(xType)(0);
  const most = Math.max(sizes[xType], sizes[dyType], sizes[outType]);
  const step = 12544;
  const planes = Math.floor(PAYLOAD / most / step);
  const name = `gradientInput ${xType}, ${dyType} → ${outType}${place === target ? " in place" : ""}`;
  measure(name, planes * step * (sizes[xType] + sizes[dyType]), () => {
    for (let i = 0; i < planes * step; i += step) {
      const [x, dy, dx] = [source + i * sizes[xType], target + i * sizes[dyType], place + i * sizes[outType]];
      kernel.gradientInput(xType, dyType, outType, x, dy, dx, step, by);
    }
  });
}
fill.float32(0);
for (const period of [3, 64, 100, 1027]) {
  const list = (value) => new Float64Array(period).fill(value);
  kernel.prepareGradientInput(list(by.a), list(by.b), list(by.mean), list(by.c), rows);
  measure(`gradientInputPeriodic float32 C=${period}`, PAYLOAD * 2, () =>
    kernel.gradientInputPeriodic("float32", "float32", "float32", source, target, third, PAYLOAD / 4, rows, period),
  );
}
