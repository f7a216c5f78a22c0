import { type ChannelColumns, REPORT_CHANNELS } from "../report.js";
import { type Codec, type Json, list, object, packed, text, wrong } from "./codec.js";

/** Columns of more channels than this hold min and max in σ from the mean, in 16 bits each. */
const EXACT_RANGES = 2048;

const exact = packed("f4", REPORT_CHANNELS);
const rough = packed("f2", REPORT_CHANNELS);

const stored = object({
  index: packed("u4", REPORT_CHANNELS),
  mean: exact,
  std: exact,
  instanceStd: rough,
  between: rough,
  varianceSpread: rough,
  meanFourth: rough,
  meanVarianceCorrelation: rough,
  flags: packed("u1", REPORT_CHANNELS),
});

/** Whatever they hold is text: what does not show is taken out, and a viewer escapes the rest. */
const namesCodec = list(text(40), REPORT_CHANNELS);

const exactRange = object({ min: exact, max: exact });
const roughRange = object({ minZ: rough, maxZ: rough });

/** Columns of up to 4096 channels: 0 … K − 1 need no index, and many channels hold their ranges in fewer bits. */
export const columnsCodec: Codec<ChannelColumns> = {
  encode(columns) {
    const { index, names, mean, std, min, max } = columns;
    const isPlain = index.every((channel, i) => channel === i);
    const { index: numbers, ...rest } = stored.encode(columns) as { readonly [key: string]: Json };
    const inSigma = (values: Float32Array) => values.map((x, i) => (x - (mean[i] as number)) / ((std[i] as number) || 1));
    const ranges =
      index.length > EXACT_RANGES
        ? roughRange.encode({ minZ: inSigma(min), maxZ: inSigma(max) })
        : exactRange.encode({ min, max });
    const named = names ? { names: namesCodec.encode(names) } : {};
    return { count: index.length, index: isPlain ? null : (numbers as Json), ...named, ...rest, ...(ranges as object) };
  },
  decode(value, path) {
    const given = typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
    const count = countOf(given.count, path);
    const isPlain = given.index === null;
    const columns = stored.decode(isPlain ? { ...given, index: [] } : value, path);
    const index = isPlain ? Uint32Array.from({ length: count }, (_, i) => i) : columns.index;
    return { ...columns, index, ...namesOf(given, index.length, path), ...rangesOf(given, columns, path) };
  },
  schema: {
    ...stored.schema,
    properties: {
      ...(stored.schema.properties as { readonly [key: string]: Json }),
      names: namesCodec.schema,
      count: { type: "integer", minimum: 0, maximum: REPORT_CHANNELS },
      index: { anyOf: [(stored.schema.properties as { readonly index: Json }).index, { type: "null" }] },
    },
    required: [...(stored.schema.required as readonly Json[]), "count"],
    anyOf: [exactRange.schema, roughRange.schema],
  },
};

function countOf(value: unknown, path: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= REPORT_CHANNELS) return value;
  throw wrong(`${path}.count`, `a whole number from 0 to ${REPORT_CHANNELS}`, value);
}

function namesOf({ names }: Readonly<Record<string, unknown>>, count: number, path: string): Pick<ChannelColumns, "names"> {
  if (names === undefined) return {};
  const read = namesCodec.decode(names, `${path}.names`);
  if (read.length !== count) throw wrong(`${path}.names`, `a list of ${count}`, names);
  return { names: read };
}

function rangesOf(
  given: Readonly<Record<string, unknown>>,
  { mean, std }: Pick<ChannelColumns, "mean" | "std">,
  path: string,
): Pick<ChannelColumns, "min" | "max"> {
  if (!Object.hasOwn(given, "minZ")) return exactRange.decode(given, path);
  const { minZ, maxZ } = roughRange.decode(given, path);
  const inUnits = (z: Float32Array) => z.map((x, i) => (mean[i] as number) + x * ((std[i] as number) || 1));
  return { min: inUnits(minZ), max: inUnits(maxZ) };
}
