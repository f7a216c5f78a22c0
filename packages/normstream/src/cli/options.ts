import type { ClusterUrl } from "@normstream/cluster/place";
import type { Target } from "@normstream/convert";
import type { NanPolicy, Norm, OutputDType } from "@normstream/moments";
import type { Use } from "@normstream/report/payload";
import type { Layout } from "@normstream/tensor";
import { type Command, Option } from "commander";
import * as value from "./option-values.js";

/** How to read the input. */
export interface InputOptions {
  readonly layout?: Layout;
  readonly select?: string;
  readonly split?: string;
  readonly shape?: readonly number[];
  readonly dtype?: string;
  readonly color?: "grey" | "rgb" | "rgba";
  readonly resize?: { readonly width: number; readonly height: number };
  readonly skipBad?: boolean;
  readonly missing?: "fill" | "error";
}

/** The options of `InputOptions`, in the order of the help. */
export const INPUT_OPTIONS = ["layout", "select", "split", "shape", "dtype", "color", "resize", "skipBad", "missing"] as const;

/** The options of `RunOptions` that go with any pass, in the order of the help. */
export const RUN_OPTIONS = ["threads", "engine", "memory", "shardBytes"] as const;
/** Those that go with a cluster. */
export const CLUSTER_OPTIONS = ["store", "run", "patience", "telemetry"] as const;

/** Where and with what a pass runs. */
export interface RunOptions {
  readonly threads?: number;
  readonly engine?: value.EngineName;
  readonly store?: string;
  readonly run?: string;
  readonly patience?: number;
  readonly telemetry?: boolean;
  readonly memory?: number;
  readonly shardBytes?: number;
  readonly checkpoint?: string;
}

/** Which norm, over what. */
export interface NormOptions {
  readonly norm?: Norm;
  readonly groups?: number;
  readonly batchSize?: number;
  readonly nan?: NanPolicy;
}

/** What is said, and where the result goes. */
export interface ResultOptions {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What advice is asked for. */
export interface AdviceCommandOptions {
  readonly use?: Use;
  readonly batchSize?: number;
  readonly momentum?: number | "none";
  readonly labels?: string;
}

/** What `normalize` takes beside them. */
export interface AffineOptions {
  readonly eps?: number;
  readonly weight?: string;
  readonly bias?: string;
  readonly runningMean?: string;
  readonly runningVar?: string;
  readonly outDtype?: OutputDType;
  readonly as?: "safetensors" | "png";
  readonly fileBytes?: number;
  readonly limit?: number;
  readonly range?: readonly [number, number] | "each";
}

/** What `export` takes beside them. */
export interface TargetOptions {
  readonly to?: Target;
  readonly momentum?: number;
  readonly prefix?: string;
  readonly scale?: number;
}

/** An option of any command: flags, what it does, how its value is read. */
const OPTIONS = {
  norm: ["--norm <name>", "which values share a statistic: batch, instance, group or layer (default batch)", value.normValue],
  groups: ["--groups <G>", "groups of channels, with --norm group", value.wholeNumber("--groups", 1)],
  batchSize: [
    "--batch-size <B>",
    "batch norm over every B samples (default all samples together)",
    value.wholeNumber("--batch-size", 1),
  ],
  nan: ["--nan <policy>", "NaN and infinities: propagate, omit or error (default propagate)", value.nanValue],
  eps: ["--eps <number>", "added to the variance, inside the square root (default 1e-5)", value.epsValue],
  weight: ["--weight <file>", "multiplies the normalized values, one value a channel"],
  bias: ["--bias <file>", "is added after that, one value a channel"],
  runningMean: ["--running-mean <file>", "normalize with this mean, one value a channel (inference)"],
  runningVar: ["--running-var <file>", "and with this variance; both come together"],
  outDtype: ["--out-dtype <type>", "f16, bf16, f32 or f64 (default f32; f64 for input of float64 or int32)", value.outDTypeValue],
  as: ["--as <form>", "a folder: safetensors (shards with an index) or png (pictures, for a look)", value.formValue],
  fileBytes: ["--file-bytes <bytes>", "size of a shard with --as safetensors (default 5GB)", value.fileBytesValue],
  limit: ["--limit <N>", "pictures with --as png (default the first 16 samples)", value.wholeNumber("--limit", 1, 256)],
  range: ["--range <low:high>", "values that are black and white (default -3:3), or each: of each picture", value.rangeValue],
  layout: ["--layout <axes>", "NC, NCL, NHW, NCHW, NHWC or NCDHW (default by rank)", value.layoutValue],
  select: ["--select <name>", "which tensor, where the file holds several"],
  split: ["--split <name>", "which split of a manifest (default all of its parts)"],
  shape: ["--shape <list>", "shape of raw data, for example 8,3,32,32", value.shapeValue],
  dtype: ["--dtype <type>", "type of raw data, for example f4, u1 or >i2 (big-endian)", value.dtypeValue],
  color: ["--color <name>", "convert images to grey, rgb or rgba (default: all must be as the first)", value.colorValue],
  resize: ["--resize <WxH>", "scale images to cover this size, and cut about the centre", value.resizeValue],
  skipBad: ["--skip-bad", "leave out images that cannot be decoded, and count them"],
  missing: ["--missing <policy>", "chunks that are not there: fill (default; they are counted) or error", value.missingValue],
  threads: [
    "--threads <N>",
    "worker threads; 0 is --engine inline (default as many as the machine runs)",
    value.wholeNumber("--threads", 0, 512),
  ],
  engine: [
    "--engine <name>",
    "inline: no threads; threads (default inline below 32 MB); redis://host: workers of a cluster",
    value.engineValue,
  ],
  cluster: ["--engine <url>", "the cluster's Redis: redis://host:6379, rediss:// with TLS (required)", value.clusterValue],
  store: ["--store <place>", "where a cluster keeps partial results: a folder that all see, or s3:// (NORMSTREAM_STORE)"],
  workerStore: ["--store <place>", "where this machine sees the runs' store (default where the runs say)"],
  run: ["--run <name>", "what a run on a cluster is called (default by its command line)", value.runValue],
  patience: [
    "--patience <seconds>",
    "how long a run goes on without workers, or without Redis (default 60)",
    value.wholeNumber("--patience", 1, 1e6),
  ],
  telemetry: ["--telemetry", "traces and metrics of the cluster's jobs for OpenTelemetry (bullmq-otel)"],
  planBytes: ["--bytes <bytes>", "size of the data, for example 10TB (default the run's)", value.planBytesValue],
  planThreads: ["--threads <N>", "threads of each worker (default 1)", value.wholeNumber("--threads", 1, 512)],
  health: ["--health <port>", "answer GET /health there", value.wholeNumber("--health", 0, 65_535)],
  lock: [
    "--lock <seconds>",
    "how long a shard stays a worker's that does not answer (default 30)",
    value.wholeNumber("--lock", 1, 3600),
  ],
  memory: [
    "--memory <bytes>",
    "what our buffers may take, all together; Node itself adds about 95 MB (default 512MB)",
    value.memoryValue,
  ],
  shardBytes: [
    "--shard-bytes <bytes>",
    "size of a unit of work (default 16MiB or less); never changes a result",
    value.shardBytesValue,
  ],
  checkpoint: ["--checkpoint <folder>", "keep what is finished there: after a kill, the same command goes on"],
  shard: ["--shard <i/N>", "part i of N of the samples, counted from 0, into a table for merge", value.shardValue],
  samples: ["--samples <from:to>", "remove samples from to to - 1, counted from 0", value.samplesValue],
  all: ["--all", "read all of the input again (default a sample of it, where there is a table)"],
  failOnShift: ["--fail-on-shift <D>", "exit with 5 if a mean or std shifts by D stds or more", value.shiftValue],
  to: ["--to <name>", "torch, keras, onnx, sklearn or torchvision (required)", value.targetValue],
  targetLayout: ["--layout <axes>", "layout of its inputs: NC, NCL, NCHW, NHWC or NCDHW (default the data's)", value.layoutValue],
  momentum: ["--momentum <number>", "weight of the new batch in averages, as PyTorch counts (default 0.1)", value.momentumValue],
  prefix: ["--prefix <name>", "put before each name, with --to torch: features.1"],
  scale: [
    "--scale <number>",
    "what images are divided by before, with --to torchvision (default 255 for uint8, else 1)",
    value.scaleValue,
  ],
  use: ["--use <name>", "what the network is for: classification, detection, style or generation", value.useValue],
  adviceBatch: ["--batch-size <B>", "samples of a training batch (default 32)", value.wholeNumber("--batch-size", 1)],
  adviceMomentum: [
    "--momentum <a>",
    "of the running averages, as in PyTorch (default 0.1), or none: cumulative",
    value.adviceMomentumValue,
  ],
  labels: ["--labels <file>", "the class of each sample: shows what instance norm would erase"],
  failOn: ["--fail-on <severity>", "exit with 5 at an error, a warning (default), a note, or never", value.failOnValue],
  open: ["--open", "show the page in the browser"],
  json: ["--json", "write one JSON document to standard output"],
  quiet: ["--quiet", "no progress and no notes on standard error"],
  overwrite: ["--overwrite", "replace the output file if it exists"],
} as const satisfies Record<string, readonly [string, string, ((text: string) => unknown)?]>;

/** What the commands for runs on a cluster take. */
export interface ClusterCommandOptions {
  readonly engine?: ClusterUrl;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

export type OptionName = keyof typeof OPTIONS;

/** Adds options to a command, under one heading of its help. */
export function addOptions(command: Command, heading: string, names: readonly OptionName[]): void {
  for (const name of names) {
    const [flags, description, read] = OPTIONS[name] as readonly [string, string, ((text: string) => unknown)?];
    const option = new Option(flags, description).helpGroup(heading);
    command.addOption(read ? option.argParser(read) : option);
  }
}

/** Adds `-o`, which means something else with each command. */
export function addOutputOption(command: Command, heading: string, description: string): void {
  command.addOption(new Option("-o, --output <file>", description).helpGroup(heading));
}
