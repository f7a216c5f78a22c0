import { dataError } from "@normstream/tensor";
import { type ChannelHistogram, REPORT_BYTES, type Report } from "../report.js";
import { wrong } from "./codec.js";
import { reportCodec } from "./report-codec.js";

/** Characters of a report's text; an encoded one has no more bytes than `REPORT_BYTES`. */
const MOST_CHARACTERS = REPORT_BYTES;

/**
 * Reads a report from JSON, whoever wrote it: every field is checked, what is not known is dropped, and texts stay texts.
 * @param json the text, or what `JSON.parse` made of it
 * @throws NormstreamError of kind `data`, one line that names the first field that is wrong
 */
export function decodeReport(json: unknown): Report {
  const report = reportCodec.decode(typeof json === "string" ? parsed(json) : json, "");
  checkLengths(report);
  return report;
}

function parsed(json: string): unknown {
  if (json.length > MOST_CHARACTERS) {
    throw dataError("this is no report", { expected: `at most ${MOST_CHARACTERS} characters`, found: `${json.length}` });
  }
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw dataError("this is no report", { expected: "JSON", found: "something else", cause });
  }
}

/** What no field says by itself: arrays that belong together are of one length, and numbers of channels exist. */
function checkLengths(report: Report): void {
  const { channels, tensor, histograms, maps, instances, noise, gap, convergence, timeline, baseline } = report;
  const { index, names: _, ...columns } = channels;
  sameLength("channels", index.length, columns);
  const last = index.at(-1);
  const ascends = index.every((channel, i) => i === 0 || channel > (index[i - 1] as number));
  if (!ascends || (last !== undefined && last >= tensor.channels)) {
    throw wrong("channels.index", `ascending numbers below ${tensor.channels}`, Array.from(index.subarray(0, 3)));
  }
  if (!("absent" in histograms)) {
    checkBins("histograms.channels", histograms.channels, histograms.zBins);
  }
  if (!("absent" in maps)) {
    const size = maps.width * maps.height;
    for (const [i, { pixels }] of maps.tiles.entries()) sameLength(`maps.tiles[${i}]`, size, { pixels });
    sameLength("maps", maps.instances.length * maps.channels.length, { tiles: maps.tiles });
  }
  if (!("absent" in instances)) {
    const { density, points, outliers } = instances;
    sameLength("instances.density", density.columns * density.rows, { cells: density.cells });
    sameLength("instances.points", points.sample.length, { ...points });
    sameLength("instances.outliers", outliers.sample.length, { ...outliers });
  }
  if (!("absent" in noise)) {
    const { median, p10, p90, low, high, simulated, consecutive } = noise;
    sameLength("noise", noise.batchSizes.length, { median, p10, p90, low, high });
    sameLength("noise.simulated", simulated.batchSizes.length, { j: simulated.j });
    sameLength("noise.consecutive", consecutive.batchSizes.length, { j: consecutive.j });
  }
  if (!("absent" in gap)) sameLength("gap", gap.batches.length, { total: gap.total, mean: gap.mean, scale: gap.scale });
  if (!("absent" in convergence)) {
    for (const [i, { mean, standardError }] of convergence.channels.entries()) {
      sameLength(`convergence.channels[${i}]`, convergence.samples.length, { mean, standardError });
    }
  }
  if (!("absent" in timeline)) {
    sameLength("timeline", timeline.thread.length, { startMs: timeline.startMs, endMs: timeline.endMs });
  }
  if (!baseline) return;
  const { noise: ghostNoise, gap: ghostGap, instances: ghosts } = baseline;
  sameLength("baseline", index.length, { mean: baseline.mean, std: baseline.std });
  if (ghostNoise) sameLength("baseline.noise", ghostNoise.batchSizes.length, { median: ghostNoise.median });
  if (ghostGap) sameLength("baseline.gap", ghostGap.batches.length, { total: ghostGap.total });
  if (ghosts) sameLength("baseline.instances", ghosts.x.length, { y: ghosts.y });
  if (!("absent" in histograms)) checkBins("baseline.histograms", baseline.histograms, histograms.zBins);
}

function checkBins(path: string, channels: readonly ChannelHistogram[], zBins: number): void {
  for (const [i, { batch, instance }] of channels.entries()) {
    for (const [key, bins] of Object.entries({ batch, instance })) {
      if (bins.length !== 0) sameLength(`${path}[${i}]`, zBins + 2, { [key]: bins });
    }
  }
}

function sameLength(path: string, length: number, arrays: Readonly<Record<string, ArrayLike<unknown>>>): void {
  for (const [key, array] of Object.entries(arrays)) {
    if (array.length !== length) throw wrong(`${path}.${key}`, `${length} entries`, Array.from({ length: array.length }));
  }
}
