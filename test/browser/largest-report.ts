import { decodeReport, encodeReport, type Report } from "@normstream/report";
import { wideReport } from "./reports.js";

const CHANNELS = 4096;
const SAMPLES = 100_000;

/** Numbers in [0, 1) that are the same each time. */
const noise = (i: number): number => Math.abs(Math.sin(i * 12.9898 + 78.233) * 43_758.5453) % 1;
const floats = (length: number, from: number, to: number, seed = 0): Float32Array =>
  Float32Array.from({ length }, (_, i) => from + (to - from) * noise(i + seed * 7919));
const counts = (length: number, below: number): Uint32Array =>
  Uint32Array.from({ length }, (_, i) => Math.floor(noise(i + 5) * below));

/**
 * The report of 4096 channels × 100,000 instances, with every part at its largest: as JSON of nearly 256 KiB. Its table would take 26 GB,
 * so that its parts are drawn, not computed.
 */
export async function largestReport(): Promise<string> {
  const report = decodeReport(await wideReport(CHANNELS));
  const { channels } = report;
  const points = (length: number) => ({
    sample: counts(length, SAMPLES),
    channel: counts(length, CHANNELS),
    x: floats(length, -2, 2, 1),
    y: floats(length, 0.2, 1.8, 2),
  });
  const histograms = Array.from({ length: 20 }, (_, i) => ({
    ...{ channel: i * 200, exponent: -2, first: -40 },
    ...{ input: floats(80, 0, 1, i), batch: floats(50, 0, 1, i + 1), instance: floats(50, 0, 1, i + 2) },
  }));
  const instances = Array.from({ length: 9 }, (_, i) => ({
    sample: 11_000 * i,
    role: i === 0 ? ("median" as const) : ("sample" as const),
  }));
  const shown = [0, 1000, 2000, 3000];
  const tile = (i: number) => ({
    ...{ mean: 1, std: 2, low: -6, high: 8 },
    pixels: Uint8Array.from({ length: 576 }, (_, at) => 1 + Math.floor(noise(at + i * 577) * 254)),
  });
  const filled: Report = {
    ...report,
    title: "4096 channels of 100,000 instances",
    tensor: { ...report.tensor, shape: [SAMPLES, CHANNELS, 28, 28], samples: SAMPLES, planeSize: 784, planeShape: [28, 28] },
    histograms: { fraction: 0.01, values: 8_388_608, zRange: 6, zBins: 48, channels: histograms },
    maps: {
      ...{ instances, channels: shown, sourceWidth: 28, sourceHeight: 28, width: 24, height: 24 },
      tiles: instances.flatMap(({ sample }, n) => shown.map((channel, c) => ({ sample, channel, ...tile(n * 4 + c) }))),
    },
    instances: {
      ...{ fraction: 0.0098, sampled: 976 },
      density: {
        ...{ columns: 64, rows: 64, x: [-2, 2] as const, y: [0.2, 1.8] as const, largest: 4000 },
        cells: Uint8Array.from({ length: 4096 }, (_, i) => Math.floor(noise(i) * 256)),
      },
      points: points(512),
      outliers: points(128),
    },
    convergence: {
      samples: Float32Array.from({ length: 48 }, (_, i) => Math.round(SAMPLES ** (i / 47))),
      channels: [0, 512, 1024, 1536, 2048, 2560, 3072, 3584].map((channel) => ({
        channel,
        mean: floats(48, 0.9, 1.1, channel),
        standardError: floats(48, 0.01, 0.1, channel + 1),
      })),
    },
    timeline: {
      shards: 100_000,
      thread: Uint8Array.from({ length: 256 }, (_, i) => i % 16),
      startMs: Float32Array.from({ length: 256 }, (_, i) => i * 20),
      endMs: Float32Array.from({ length: 256 }, (_, i) => i * 20 + 300),
    },
    findings: Array.from({ length: 16 }, (_, i) => ({
      ...{
        code: `finding-${i}`,
        severity: "warning" as const,
        title: `Finding ${i} of many`,
        evidence: "e ".repeat(190),
        advice: "a ".repeat(140),
      },
      channels: Array.from({ length: 16 }, (_, c) => c * 200 + i),
      samples: Array.from({ length: 16 }, (_, n) => n * 6000 + i),
      ...{ channelCount: 4096, sampleCount: SAMPLES },
    })),
    baseline: {
      ...{
        title: "yesterday",
        samples: SAMPLES,
        mean: channels.mean.map((x) => x * 1.05),
        std: channels.std.map((x) => x * 1.1),
      },
      noise: { batchSizes: Uint32Array.from({ length: 17 }, (_, i) => 2 ** i), median: floats(17, 0.01, 0.3) },
      gap: { batches: Float32Array.from({ length: 64 }, (_, i) => 1 + i * 4), total: floats(64, 0.05, 0.5) },
      instances: { x: floats(192, -2, 2), y: floats(192, 0.2, 1.8) },
      histograms,
    },
  };
  return JSON.stringify(encodeReport(filled));
}
