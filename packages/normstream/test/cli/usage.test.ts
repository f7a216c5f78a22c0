import { writeFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { writeArchive, writeSample, writeStateDict } from "./sample-files.js";

const at = commandFolder();

beforeAll(async () => {
  writeSample(at.path("x.npy"), [6, 4, 2, 2]);
  writeSample(at.path("wide.npy"), [1001, 100]);
  writeStateDict(at.path("three.safetensors"), { weight: [1, 2, 3] });
  writeStateDict(at.path("two.safetensors"), { "a.weight": [1, 1, 1, 1], "b.weight": [1, 1, 1, 1] });
  await writeArchive(at.path("two.npz"), { a: [4, 2], b: [4, 2] });
  writeFileSync(at.path("there.npy"), "mine");
  writeFileSync(at.path("data.bin"), "12345678");
});

/** Command line, then what its one line says. All end with exit code 2, before anything was read or written. */
const REFUSED: readonly (readonly [line: string, ...parts: string[]])[] = [
  ["stat x.npy", 'unknown command "stat"', "did you mean stats?", "normstream --help"],
  ["stats", 'missing required argument "INPUT"', "normstream stats --help"],
  ["stats x.npy x.npy", "too many arguments"],
  ["stats x.npy --nrom batch", 'unknown option "--nrom"', "did you mean --norm?"],
  ["stats x.npy --norm", "argument missing"],
  ["stats x.npy --norm spectral", '--norm: "spectral"', "batch, instance, group or layer"],
  ["stats x.npy --eps 1", "--eps does not go with stats, but with normalize"],
  ["stats x.npy --weight w.npy", "--weight does not go with stats"],
  ["stats x.npy --out-dtype f2", "--out-dtype does not go with stats"],
  ["normalize x.npy -o y.npy --shard 0/2", "--shard does not go with normalize, but with stats"],
  ["info x.npy -o y.json", "-o does not go with info"],
  ["info x.npy --norm batch", "--norm does not go with info"],
  ["merge a.npz --threads 2 -o y.npz", "--threads does not go with merge"],
  ["merge a.npz --select x -o y.npz", "--select does not go with merge"],
  ["merge -o y.npz", 'missing required argument "TABLE"'],
  ["merge a.npz b.npz", "merge needs -o FILE"],
  ["normalize x.npy", "normalize needs -o OUTPUT"],
  ["stats x.npy --norm group", "--norm group needs --groups"],
  ["stats x.npy --groups 2", "--groups does not go with --norm batch"],
  ["stats x.npy --norm group --groups 3", "--groups 3 does not divide 4 channels"],
  ["stats x.npy --norm layer --batch-size 2", "--batch-size does not go with --norm layer"],
  ["normalize x.npy -o y --as tiff", '--as: "tiff"', "safetensors or png"],
  ["normalize x.npy -o y.npy --file-bytes 1GB", "--file-bytes goes with --as safetensors"],
  ["normalize x.npy -o y --as safetensors --file-bytes 0", "--file-bytes"],
  ["normalize x.npy -o y --as safetensors --limit 3", "--limit goes with --as png"],
  ["normalize x.npy -o y --as png --range 3:-3", '--range: "3:-3"', "low:high"],
  ["normalize x.npy -o y --as png --limit 300", "--limit"],
  ["normalize x.npy -o y --as png --out-dtype f16", "--out-dtype does not go with --as png"],
  ["normalize x.npy -o y --as png --batch-size 2", "--batch-size does not go with --as png"],
  ["stats x.npy --overwrite", "--overwrite needs -o"],
  ["stats x.npy --threads 2 --engine inline", "--threads 2 does not go with --engine inline"],
  ["stats x.npy --threads 0 --engine threads", "--threads 0 does not go with --engine threads"],
  ["stats x.npy --threads 1.5", '--threads: "1.5"', "from 0 to 512"],
  ["stats x.npy --engine cluster", '--engine: "cluster"', "inline or threads"],
  ["stats x.npy --engine redis://localhost", "--engine redis://… needs --store", "NORMSTREAM_STORE"],
  ["stats x.npy --memory lots", '--memory: "lots" is not a number of bytes', "512MB"],
  ["stats x.npy --memory 1MB", "--memory: a memory of 1000000 bytes is too small"],
  ["stats x.npy --shard-bytes 0", "--shard-bytes"],
  ["stats x.npy --batch-size 0", '--batch-size: "0"', "1 or more"],
  ["stats x.npy --nan ignore", '--nan: "ignore"', "propagate, omit or error"],
  ["stats x.npy --layout CHW", '--layout: unknown layout "CHW"', "NHWC"],
  ["stats x.npy --layout NC", "layout NC does not fit shape [6, 4, 2, 2]"],
  ["stats x.npy --select y", "has no name"],
  ["stats two.npz", "holds 2 tensors", "--select: a, b"],
  ["stats two.npz --select c", 'no tensor "c"', "a, b"],
  ["stats data.bin", "--shape and --dtype"],
  ["stats data.bin --shape 2,1", "both --shape and --dtype"],
  ["stats data.bin --shape 2x1 --dtype f4", '--shape: "2x1"', "8,3,32,32"],
  ["stats data.bin --shape 2,1 --dtype f3", '--dtype: unknown dtype "f3"'],
  ["stats x.npy --shape 6,4,2,3 --dtype f4", "contradicts the header"],
  ["stats x.npy --shard 2/2 -o p.npz", "--shard", "from 0 to N", "the last one is 1/2"],
  ["stats x.npy --shard 1 -o p.npz", '--shard: "1"', "i/N"],
  ["stats x.npy --shard 0/2", "--shard needs -o FILE.npz"],
  ["stats x.npy --shard 0/2 -o p.json", "--shard needs -o FILE.npz"],
  ["stats x.npy -o y.csv", ".npz", ".json", ".safetensors", "found .csv"],
  ["stats x.npy -o y.safetensors --norm instance", "does not go with --norm instance"],
  ["stats x.npy -o y.safetensors --batch-size 2", "does not go with --batch-size"],
  ["stats wide.npy --norm instance --json", "100100 statistics are too many", "-o FILE.json"],
  ["stats x.npy -o there.npy/y.npz", "there.npy"],
  ["normalize x.npy -o x.npy", "is the input"],
  ["normalize x.npy -o there.npy", "the file exists", "--overwrite"],
  ["normalize x.npy -o y.txt", ".npy, .npz, .safetensors"],
  ["normalize x.npy -o y.npy --eps -1", '--eps: "-1"'],
  ["normalize x.npy -o y.npy --out-dtype i4", '--out-dtype: "i4"', "f16, bf16, f32 or f64"],
  ["normalize x.npy -o y.npy --out-dtype bf16", "bfloat16"],
  ["normalize x.npy -o y.npy --running-mean a.npy", "--running-mean needs --running-var"],
  ["normalize x.npy -o y.npy --running-var a.npy", "--running-var needs --running-mean"],
  ["normalize x.npy -o y.npy --running-mean a --running-var b --norm layer", "--running-mean does not go with --norm layer"],
  ["normalize x.npy -o y.npy --running-mean a --running-var b --batch-size 2", "--running-mean does not go with --batch-size"],
  ["normalize x.npy -o y.npy --weight three.safetensors", "weight holds 3 values", "expected 4"],
  ["normalize x.npy -o y.npy --weight two.safetensors", "2 called", "two.safetensors:NAME", "a.weight, b.weight"],
  ["normalize x.npy -o y.npy --bias two.safetensors", 'none called "bias"'],
  ["normalize x.npy -o y.npy --norm group --groups 3", "3 groups do not divide 4 channels"],
];

describe.concurrent("a command line that is wrong is refused in one line", () => {
  test.each(REFUSED)("%s", async (line, ...parts) => {
    const code = line.includes("there.npy/") ? 4 : 2;
    await at.fails(line, code, ...parts);
  });
});

test("without a command the help comes, on stderr", async () => {
  const { code, stdout, stderr } = await at.run("");
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^Usage: normstream[\s\S]*\nnormstream: which command\? See normstream --help\.\n$/);
});

test("nothing was written", () => expect(at.partials()).toEqual([]));
