import { NormstreamError } from "@normstream/tensor";
import { lastValueFrom, type Observable, of, toArray } from "rxjs";
import { expect, test } from "vitest";
import {
  applyLayer,
  BatchNorm,
  createInlineEngine,
  fromBytes,
  fromTensors,
  GroupNorm,
  InstanceNorm,
  LayerNorm,
  loadTensor,
  mergeMoments,
  momentsOf,
  normalizeToTensor,
  statisticsOf,
  type Tensor,
  tensorIn,
} from "../src/index.js";

// What callers without types give, or give by mistake: each is refused in one line that says what came and what was due, with the kind
// that decides the exit code, and nothing of it is left in the pool's memory.

const pool = createInlineEngine();
const x = tensorIn(pool, [4, 2, 3], "float64", { data: Float64Array.from({ length: 24 }, (_, i) => (i * 7) % 11) });
const layer = () => new BatchNorm(2, { pool });
const forwarded = async () => {
  const made = layer();
  (await made.forward(x))[Symbol.dispose]();
  return made;
};
const batch = (shape: readonly number[]) =>
  tensorIn(pool, shape, "float32", { data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
const ended = (stream: Observable<unknown>) => lastValueFrom(stream.pipe(toArray()));
/** Anything at all. */
const any = (value: unknown) => value as never;
const streamOf = (value: unknown) => of(value) as Observable<never>;
const hole: number[] = [1, 2];
hole[3] = 4;

type Refused = readonly [string, () => unknown, "usage" | "data", string];

const tensors: readonly Refused[] = [
  ["no shape", () => tensorIn(pool, any(null), "float32"), "usage", "the shape is no array; expected an array of extents"],
  [
    "a hole in a shape",
    () => tensorIn(pool, any([2, undefined, 3]), "float32"),
    "data",
    "holds undefined; expected whole numbers",
  ],
  ["a negative extent", () => tensorIn(pool, [-2, 3], "float32"), "data", "shape [-2, 3] holds -2"],
  ["rank 1", () => tensorIn(pool, [2], "float32"), "usage", "shape [2] has no default layout; expected rank 2 (NC)"],
  ["an unknown dtype", () => tensorIn(pool, [2, 3], any("float99")), "usage", 'dtype "float99"; expected one of float64'],
  ["no dtype", () => tensorIn(pool, [2, 3], any(undefined)), "usage", "no dtype; expected one of float64"],
  ["an unknown layout", () => tensorIn(pool, [2, 3], "float32", any({ layout: "XX" })), "usage", 'layout "XX"; expected NC, NCL'],
  [
    "a layout of another rank",
    () => tensorIn(pool, [2, 3], "float32", { layout: "NCHW" }),
    "usage",
    "expected rank 4, found rank 2",
  ],
  [
    "too few elements",
    () => tensorIn(pool, [2, 3], "float32", { data: [1] }),
    "usage",
    "data of 1 elements for shape [2, 3]; expected 6",
  ],
  [
    "a hole in the data",
    () => tensorIn(pool, [2, 2], "float32", { data: hole }),
    "usage",
    "data holds a hole at 2; expected numbers",
  ],
  [
    "nested data",
    () =>
      tensorIn(
        pool,
        [2, 2],
        "float32",
        any({
          data: [
            [1, 2],
            [3, 4],
          ],
        }),
      ),
    "usage",
    "data holds an array at 0; expected numbers. Give the elements as one flat array",
  ],
  ["texts", () => tensorIn(pool, [2, 1], "float32", any({ data: ["1", "2"] })), "usage", "data holds string at 0"],
  ["a text", () => tensorIn(pool, [2, 1], "float32", any({ data: "12" })), "usage", "data is string; expected an array"],
  [
    "BigInts",
    () => tensorIn(pool, [2, 1], "float32", any({ data: BigInt64Array.of(1n, 2n) })),
    "usage",
    "data is an object; expected an array",
  ],
  [
    "a DataView",
    () => tensorIn(pool, [2, 1], "float32", any({ data: new DataView(new ArrayBuffer(8)) })),
    "usage",
    "data is an object",
  ],
  ["options that are none", () => tensorIn(pool, [2, 1], "float32", any(null)), "usage", "options of a tensor are no object"],
];

const constructors: readonly Refused[] = [
  ["no features", () => new BatchNorm(any(undefined)), "usage", "undefined features; expected a whole number of 1 or more"],
  ["features in a text", () => new BatchNorm(any("2")), "usage", '"2" features'],
  ["more features than memory", () => new InstanceNorm(2 ** 45, { affine: true }), "usage", "do not fit into memory"],
  ["options that are none", () => new BatchNorm(2, any(null)), "usage", "options of BatchNorm are no object"],
  [
    "PyTorch's spelling",
    () => new BatchNorm(2, any({ track_running_stats: false })),
    "usage",
    'BatchNorm has no option "track_running_stats"; expected one of eps, affine, layout, pool, nan, momentum, trackRunningStats, runningVarCorrection',
  ],
  [
    "an option of another layer",
    () => new GroupNorm(1, 2, any({ momentum: 0.1 })),
    "usage",
    'GroupNorm has no option "momentum"',
  ],
  ["a layout of layer norm", () => new LayerNorm(2, any({ layout: "NC" })), "usage", 'LayerNorm has no option "layout"'],
  ["affine in a text", () => new BatchNorm(2, any({ affine: "no" })), "usage", "affine is string; expected true or false"],
  ["a pool that is none", () => new BatchNorm(2, any({ pool: {} })), "usage", "the pool is none; expected what createPool gives"],
  [
    "a momentum above 1",
    () => new BatchNorm(1, { momentum: 1.5 }),
    "usage",
    "momentum 1.5; expected a number from 0 to 1, or null",
  ],
  ["a momentum below 0", () => new BatchNorm(1, { momentum: -0.1 }), "usage", "momentum -0.1"],
  ["a momentum that is none", () => new BatchNorm(1, { momentum: Number.NaN }), "usage", "momentum NaN"],
  ["an eps below 0", () => new LayerNorm(1, { eps: -1e-5 }), "usage", "eps -0.00001; expected a finite number of 0 or more"],
  ["groups of no channels", () => new GroupNorm(2, 0), "usage", "0 channels; expected a whole number of 1 or more"],
  ["no groups", () => new GroupNorm(0, 4), "usage", "0 groups; expected"],
  ["no channels named", () => new GroupNorm(2, any(undefined)), "usage", "undefined channels"],
  ["groups that do not divide", () => new GroupNorm(2, 3), "usage", "2 groups do not divide 3 channels"],
  ["no normalized shape", () => new LayerNorm(any(undefined)), "usage", "a normalized shape of"],
  ["a normalized shape with a hole", () => new LayerNorm(any(hole)), "usage", "a normalized shape of [1, 2, NaN, 4]"],
  ["half an extent", () => new LayerNorm(1.5), "usage", "a normalized shape of [1.5]"],
  ["a mode that is none", () => layer().train(any("eval")), "usage", "mode is string; expected true or false"],
];

const passes: readonly Refused[] = [
  [
    "no input",
    () => layer().forward(any(undefined)),
    "usage",
    "the input is not a tensor; expected what openTensor, tensor or loadTensor gives",
  ],
  [
    "other channels",
    () => new BatchNorm(3, { pool }).forward(x),
    "usage",
    "a tensor of shape [4, 2, 3] (NCL) has 2 channels; expected 3, as in [N, 3, L]",
  ],
  [
    "another rank",
    () => new BatchNorm(2, { pool, layout: "NCHW" }).forward(x),
    "usage",
    "a tensor of shape [4, 2, 3] (NCL); expected layout NCHW",
  ],
  [
    "other last axes",
    () => new LayerNorm([2, 4], { pool }).forward(x),
    "usage",
    "a tensor of shape [4, 2, 3] (NCL); expected […, 2, 4]",
  ],
  ["no axis before the last ones", () => new LayerNorm([4, 2, 3], { pool }).forward(x), "usage", "expected […, 4, 2, 3]"],
  [
    "one value a channel",
    () => new BatchNorm(3, { pool }).forward(batch([1, 3])),
    "data",
    "one value per channel; expected more than 1 value for each statistic of batch norm, found shape [1, 3] (NC)",
  ],
  [
    "one value a plane",
    () => new InstanceNorm(3, { pool }).forward(batch([5, 3])),
    "data",
    "one value per channel; expected more than 1 value for each statistic of instance norm, found shape [5, 3] (NC)",
  ],
  [
    "one value a group",
    () => new GroupNorm(3, 3, { pool }).forward(batch([5, 3])),
    "data",
    "one value per group; expected more than 1 value for each statistic of group norm, found shape [5, 3] (NC)",
  ],
  [
    "eps 0 and a constant channel",
    () => new BatchNorm(2, { pool, eps: 0 }).forward(batch([4, 2])),
    "data",
    "channel 0: the variance is 0 and eps is 0: nothing to divide by",
  ],
  [
    "NaN, where it is an error",
    () => new BatchNorm(1, { pool, nan: "error" }).forward(tensorIn(pool, [3, 1], "float64", { data: [1, Number.NaN, 2] })),
    "data",
    "NaN",
  ],
  [
    "another pool",
    () => layer().forward(tensorIn(createInlineEngine(), [4, 2], "float32")),
    "usage",
    "the tensor of shape [4, 2] (NC) lives in the memory of another pool",
  ],
  [
    "an output of another shape, which the pass would leave",
    () => layer().forward(x, { into: batch([4, 2, 1]) }),
    "usage",
    "the tensor to write into does not fit x; expected shape [4, 2, 3] (NCL), found shape [4, 2, 1] (NCL)",
  ],
  ["an output that is larger", () => layer().forward(x, { into: batch([4, 2, 4]) }), "usage", "found shape [4, 2, 4] (NCL)"],
  [
    "an output of integers",
    () => layer().forward(x, { into: tensorIn(pool, [4, 2, 3], "int8") }),
    "usage",
    "normalized values in int8",
  ],
  [
    "an output of another pool",
    () => layer().forward(x, { into: tensorIn(createInlineEngine(), [4, 2, 3], "float64") }),
    "usage",
    "another pool",
  ],
  [
    "an output that is none",
    () => layer().forward(x, any({ into: 5 })),
    "usage",
    "the tensor to write into is no tensor; expected what tensor or loadTensor gives, found 5",
  ],
  [
    "an output of layer norm, seen in rows",
    () => new LayerNorm(3, { pool }).forward(x, { into: batch([8, 1, 3]) }),
    "usage",
    "does not fit x",
  ],
  ["a signal that is none", () => layer().forward(x, any({ signal: 5 })), "usage", "signal is no AbortSignal"],
  ["options of forward", () => layer().forward(x, any(null)), "usage", "options of forward are no object"],
  ["shards of no bytes", () => layer().forward(x, { shardBytes: 0 }), "usage", "shard bytes 0"],
  [
    "backward before forward",
    () => layer().backward(x),
    "usage",
    "backward before forward, found dy of shape [4, 2, 3] (NCL). Call forward with the batch first.",
  ],
  [
    "backward twice",
    async () => {
      const made = await forwarded();
      (await made.backward(x)).dx[Symbol.dispose]();
      return made.backward(x);
    },
    "usage",
    "backward for the second time, found dy of shape [4, 2, 3] (NCL)",
  ],
  [
    "dy of another dtype",
    async () => (await forwarded()).backward(tensorIn(pool, [4, 2, 3], "float32")),
    "usage",
    "dy does not fit what the forward pass took; expected float64 of shape [4, 2, 3] (NCL), found float32 of shape [4, 2, 3] (NCL)",
  ],
  ["dy of another shape", async () => (await forwarded()).backward(batch([4, 2])), "usage", "found float32 of shape [4, 2] (NC)"],
  [
    "dy of another pool",
    async () => (await forwarded()).backward(tensorIn(createInlineEngine(), [4, 2, 3], "float64")),
    "usage",
    "another pool",
  ],
  [
    "dy that is none",
    async () => (await forwarded()).backward(any([1])),
    "usage",
    "dy is not a tensor; expected what openTensor, tensor or loadTensor gives, found an array",
  ],
  [
    "dx of another shape",
    async () => (await forwarded()).backward(x, { into: batch([4, 2]) }),
    "usage",
    "the tensor to write dx into does not fit",
  ],
  [
    "a weight of another length",
    () => {
      const made = layer();
      Object.assign(made, { weight: new Float64Array(3) });
      return made.forward(x);
    },
    "usage",
    "weight holds 3 values; expected 2",
  ],
  [
    "a weight that is none",
    () => {
      const made = layer();
      Object.assign(made, { weight: 5 });
      return made.forward(x);
    },
    "usage",
    "weight is 5; expected an array",
  ],
  [
    "a disposed tensor",
    () => {
      const gone = batch([4, 2]);
      gone[Symbol.dispose]();
      return layer().forward(gone);
    },
    "usage",
    "a tensor of shape [4, 2] is used after it was disposed",
  ],
  ["statistics of nothing", () => statisticsOf(any({}), pool), "usage", "the input is not a tensor"],
  [
    "a weight with a hole",
    () => normalizeToTensor(x, pool, { by: "batch", weight: any([1, undefined]) }),
    "usage",
    "weight holds undefined at 1",
  ],
  [
    "averages in texts",
    () => normalizeToTensor(x, pool, { by: { runningMean: any("00"), runningVar: [1, 1] } }),
    "usage",
    "runningMean is string",
  ],
  ["a signal of loadTensor that is none", () => loadTensor(x, pool, any(5)), "usage", "signal is no AbortSignal"],
];

const fits: readonly Refused[] = [
  ["nothing", () => layer().fit(any(undefined)), "usage", "the input is not a tensor"],
  ["a text", () => layer().fit(any("abc")), "usage", "the input is not a tensor"],
  ["no batches", () => layer().fit([]), "data", "0 values per channel in all; expected 2 or more"],
  [
    "an Observable",
    () => layer().fit(any(of(x))),
    "usage",
    "the source cannot be pulled; expected an iterable, an async iterable, or a Web or Node stream, found an Observable",
  ],
  ["a batch that is none", () => layer().fit(any([x, 5])), "usage", "batch 1: the input is not a tensor"],
  [
    "a batch of other channels",
    () => layer().fit([x, x, batch([4, 3])]),
    "usage",
    "batch 2: a tensor of shape [4, 3] (NC) has 3 channels; expected 2",
  ],
];

const streams: readonly Refused[] = [
  ["no source", () => ended(fromTensors(any(undefined))), "usage", "the source cannot be pulled"],
  [
    "a number",
    () => ended(fromTensors(any(5))),
    "usage",
    "the source cannot be pulled; expected an iterable, an async iterable, or a Web or Node stream, found 5",
  ],
  ["an Observable", () => ended(fromTensors(any(of(x)))), "usage", "found an Observable. Operators take it as it is"],
  [
    "numbers",
    () => ended(fromTensors(any([5]))),
    "usage",
    "batch 0: what the source gave is no tensor; expected what tensor or loadTensor gives, found 5",
  ],
  ["a hole", () => ended(fromTensors(any(new Array(1)))), "usage", "batch 0: what the source gave is no tensor"],
  [
    "promises",
    () => ended(fromTensors(any([Promise.resolve(x)]))),
    "usage",
    "batch 0: what the source gave is no tensor; expected what tensor or loadTensor gives, found an object",
  ],
  [
    "tensors in files",
    () => ended(fromTensors(any([{ storage: { kind: "file" } }]))),
    "usage",
    "batch 0: what the source gave is not in memory; expected what tensor or loadTensor gives, found a tensor in a file. Read it with loadTensor.",
  ],
  [
    "tensors that are gone",
    () => ended(fromTensors([gone()])),
    "usage",
    "batch 0: a tensor was disposed of by who gave it to the stream",
  ],
  ["null, to an operator", () => ended(streamOf(null).pipe(applyLayer(layer()))), "usage", "batch 0: what came is no tensor"],
  ["a text, to an operator", () => ended(streamOf("x").pipe(momentsOf({ pool }))), "usage", "batch 0: what came is no tensor"],
  ["no options of bytes", () => fromBytes([], any(undefined)), "usage", "options of fromBytes are no object"],
  ["no shape of bytes", () => fromBytes([], any({ dtype: "float32" })), "usage", "the shape is no array"],
  ["no dtype of bytes", () => fromBytes([], any({ shape: [1, 1] })), "usage", "no dtype"],
  ["tensors of no samples", () => fromBytes([], { dtype: "float32", shape: [0, 2] }), "usage", "tensors without elements"],
  ["samples of no elements", () => fromBytes([], { dtype: "float32", shape: [2, 0] }), "usage", "tensors without elements"],
  ["a rank without a layout", () => fromBytes([], { dtype: "float32", shape: [2] }), "usage", "has no default layout"],
  [
    "texts for bytes",
    () => ended(fromBytes(any(["ab"]), { pool, dtype: "uint8", shape: [1, 1] })),
    "usage",
    "batch 0: the source gave what is no bytes; expected Uint8Array, found string. Read it without an encoding.",
  ],
  [
    "numbers for bytes",
    () => ended(fromBytes(any([1]), { pool, dtype: "uint8", shape: [1, 1] })),
    "usage",
    "batch 0: the source gave what is no bytes",
  ],
  [
    "bytes that end inside a sample",
    () => ended(fromBytes([new Uint8Array(11)], { pool, dtype: "float32", shape: [4, 2] })),
    "data",
    "batch 0: the bytes end inside a sample; expected a multiple of 8 bytes, found 3 bytes of the last one",
  ],
  [
    "a part that is none",
    () => ended(streamOf(5).pipe(mergeMoments())),
    "usage",
    "a part of a merge has no index; expected what momentsOf or windowed emits, found 5",
  ],
  [
    "a part before the first",
    () => ended(of({ index: -1, samples: 1, rows: new Float64Array(8) }).pipe(mergeMoments())),
    "usage",
    "no index; expected what momentsOf or windowed emits, found index -1",
  ],
  [
    "half a row",
    () => ended(of({ index: 0, samples: 1, rows: new Float64Array(7) }).pipe(mergeMoments())),
    "usage",
    "part 0 has no rows; expected a Float64Array of 8 numbers a channel, found 7 numbers",
  ],
  [
    "a part of no samples' number",
    () => ended(of({ index: 0, samples: any("1"), rows: new Float64Array(8) }).pipe(mergeMoments())),
    "usage",
    "part 0 is of 1 samples",
  ],
  [
    "parts of other channels",
    () =>
      ended(
        of({ index: 0, samples: 1, rows: new Float64Array(8) }, { index: 1, samples: 1, rows: new Float64Array(16) }).pipe(
          mergeMoments(),
        ),
      ),
    "usage",
    "2 channels; expected 1, as before",
  ],
  ["an unknown policy", () => mergeMoments(any({ nan: "skip" })), "usage", 'NaN policy "skip"'],
];

function gone(): Tensor {
  const tensor = batch([2, 1]);
  tensor[Symbol.dispose]();
  return tensor;
}

test.each([...tensors, ...constructors, ...passes, ...fits, ...streams])("%s", async (_, act, kind, message) => {
  let caught: unknown;
  try {
    await act();
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(NormstreamError);
  expect(caught).toMatchObject({ kind, message: expect.stringContaining(message) });
  expect((caught as Error).message).not.toContain("\n");
});
