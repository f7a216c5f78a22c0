import { finishRows, tableShape } from "@normstream/moments";
import type { Statistics } from "@normstream/pipeline";
import type { Measurement } from "../../src/build/measure.js";
import { sampleSize } from "../../src/instances/instance-sample.js";
import { sampledIndices } from "../../src/instances/sampling.js";
import type { Finding, Report } from "../../src/report.js";
import { normals } from "../tensors.js";

/** A measurement of 100,000 instances of 4096 channels: its table would take 26 GB, so that its rows are drawn, not computed. */
export function largestMeasurement(channels = 4096, samples = 100_000): Measurement {
  const normal = normals(99);
  const table = tableShape("float32", samples, channels, 784);
  const rows = new Float64Array(channels * 8);
  for (let c = 0; c < channels; c++) {
    const count = samples * 784;
    const mean = 100 * normal();
    const std = Math.exp(normal());
    rows.set([count, mean, count * std * std, mean - 6 * std, mean + 6 * std, 0, 0, 0], c * 8);
  }
  const moments = finishRows(rows, "omit");
  const kept = sampleSize(samples, channels);
  const indices = sampledIndices(samples, kept);
  const mean = new Float64Array(kept * channels);
  const variance = new Float64Array(kept * channels);
  for (let i = 0; i < mean.length; i++) {
    const c = i % channels;
    mean[i] = (moments.mean[c] as number) + 0.4 * Math.sqrt(moments.variance[c] as number) * normal();
    variance[i] = (moments.variance[c] as number) * 0.84 * Math.exp(0.3 * normal());
  }
  const column = (scale: number) => moments.variance.map((v) => v * scale);
  const points = Array.from({ length: 48 }, (_, i) => Math.round(samples ** (i / 47)));
  const facts = {
    ...{ input: "features.npy", shape: [samples, channels, 28, 28], firstSample: 0, totalSamples: samples, dtype: "float32" },
    ...{ layout: "NCHW", nan: "propagate", engine: "threads", threads: 64, bytes: 1, resumedBytes: 0, seconds: 1234.5 },
  } as const;
  const statistics = { facts, table, digest: "f".repeat(64), samples } as unknown as Statistics;
  return {
    statistics,
    data: null,
    timeline: { absent: "The times of shards were not recorded." },
    scan: {
      moments,
      marks: { notFinite: [], notFiniteRows: 0, upToOne: { count: 0, samples: [] } },
      convergence: {
        samples: Float64Array.from(points),
        channels: [0, 1, 2, 3, 4, 5, 6, 7],
        mean: new Float64Array(48 * 8).fill(1.2345),
        standardError: new Float64Array(48 * 8).fill(0.12345),
      },
      instances: {
        sample: { population: samples, channels, planeSize: 784, samples: indices, mean, variance },
        parts: { within: column(0.84), between: column(0.16), meanInstanceStd: column(0.9).map(Math.sqrt) },
        order: [4, 8, 16, 32, 64, 128, 256, 1024].map((batchSize) => ({
          batchSize,
          batches: 97,
          j: new Float64Array(channels).fill(0.1),
        })),
        matches: null,
      },
    },
    [Symbol.dispose]() {},
  };
}

/** A report with everything that a report can hold, each part at its largest. */
export function filledUp(report: Report): Report {
  const normal = normals(98);
  const shares = (length: number) => Float32Array.from({ length }, () => Math.abs(normal()));
  const histograms = (count: number) =>
    Array.from({ length: count }, (_, i) => ({
      ...{ channel: 4000 + i, exponent: -12, first: -123_456 },
      ...{ input: shares(80), batch: shares(50), instance: shares(50) },
    }));
  const finding: Finding = {
    ...{ code: "outlier-samples-of-many-kinds", severity: "warning", title: "t".repeat(160), evidence: "e".repeat(400) },
    advice: "a".repeat(300),
    channels: Array.from({ length: 16 }, (_, i) => 4000 + i),
    samples: Array.from({ length: 16 }, (_, i) => 99_000 + i),
    ...{ channelCount: 4096, sampleCount: 100_000 },
  };
  const instances = Array.from({ length: 9 }, (_, i) => ({ sample: 90_000 + i, role: "sample" as const }));
  const channels = [4092, 4093, 4094, 4095];
  const pixels = Uint8Array.from({ length: 576 }, () => Math.min(255, Math.abs(normal()) * 80));
  const tile = { mean: 1.23456789012345, std: 2.34567890123456, low: -3.4567890123456, high: 4.5678901234567, pixels };
  return {
    ...report,
    title: "t".repeat(200),
    histograms: {
      ...{ fraction: 0.123456789, values: 123_456_789, zRange: 6, zBins: 48 },
      // Beside those of a second data set.
      channels: histograms(20),
    },
    maps: {
      ...{ instances, channels, sourceWidth: 1024, sourceHeight: 1024, width: 24, height: 24 },
      tiles: instances.flatMap(({ sample }) => channels.map((channel) => ({ sample, channel, ...tile }))),
    },
    timeline: {
      shards: 100_000,
      thread: Uint8Array.from({ length: 256 }, (_, i) => i),
      startMs: shares(256),
      endMs: shares(256),
    },
    verdict: report.verdict && { ...report.verdict, reasons: Array(8).fill("r".repeat(300)), caution: "c".repeat(300) },
    findings: Array(16).fill(finding),
    baseline: {
      ...{ title: "b".repeat(200), samples: 100_000, mean: report.channels.mean, std: report.channels.std },
      noise: { batchSizes: Uint32Array.from({ length: 33 }, (_, i) => i), median: shares(33) },
      gap: { batches: shares(64), total: shares(64) },
      instances: { x: shares(192), y: shares(192) },
      histograms: histograms(20),
    },
    text: { alt: "a".repeat(500), plain: "p".repeat(4096) },
  };
}
