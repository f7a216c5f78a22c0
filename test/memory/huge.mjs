// What a pass over 50 GB holds in memory: a sparse .npy and a Zarr array whose chunks are missing, so that no disk is needed.
//   node test/memory/huge.mjs [--gigabytes 50] [--memory-mb 256]
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { checks, growthBytes, watched } from "./watched.mjs";

const { values } = parseArgs({ options: { gigabytes: { type: "string" }, "memory-mb": { type: "string" } } });
const bytes = Number(values.gigabytes ?? 50) * 1e9;
const budget = Number(values["memory-mb"] ?? 256) * 1e6;
/** Beside our buffers: Node itself, its heap, and the programs. */
const NODE_BYTES = 120e6;
const MOST_GROWTH = 8e6;

const SAMPLE = [3, 224, 224];
const samples = Math.floor(bytes / SAMPLE.reduce((a, b) => a * b));
const folder = mkdtempSync(join(tmpdir(), "normstream-huge-"));
const { check, exitCode } = checks();

function sparseNpy() {
  const path = join(folder, "sparse.npy");
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${[samples, ...SAMPLE].join(", ")}), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${text.padEnd(117)}\n`, "latin1");
  const file = openSync(path, "w");
  writeSync(file, header);
  ftruncateSync(file, header.length + samples * SAMPLE.reduce((a, b) => a * b));
  closeSync(file);
  return path;
}

function emptyZarr() {
  const path = join(folder, "empty.zarr");
  mkdirSync(path);
  const document = {
    ...{ zarr_format: 3, node_type: "array", shape: [samples, ...SAMPLE], data_type: "uint8", fill_value: 7 },
    chunk_grid: { name: "regular", configuration: { chunk_shape: [16, ...SAMPLE] } },
    chunk_key_encoding: { name: "default" },
    codecs: [{ name: "bytes" }],
    ...{ dimension_names: ["batch", "channel", "height", "width"], attributes: {} },
  };
  writeFileSync(join(path, "zarr.json"), JSON.stringify(document));
  return path;
}

try {
  for (const path of [sparseNpy(), emptyZarr()]) {
    const args = ["stats", path, "--memory", `${budget / 1e6}MB`, "--json"];
    const { code, stdout, stderr, seconds, resident, peakBytes } = await watched(args);
    const name = path.slice(folder.length + 1);
    if (code !== 0) throw new Error(`${name}: exit code ${code}: ${stderr}`);
    const { samples: read, digest, missingChunks } = JSON.parse(stdout);
    process.stdout.write(
      `${name}: ${(bytes / 1e9).toFixed(1)} GB in ${seconds.toFixed(1)} s, peak ${(peakBytes / 1e6).toFixed(0)} MB, growth ` +
        `${(growthBytes(resident) / 1e6).toFixed(1)} MB, digest ${digest.slice(0, 12)}${missingChunks ? `, ${missingChunks.count} chunks missing` : ""}\n`,
    );
    check(`${name}: all ${samples} samples`, read === samples);
    check(`${name}: peak within the budget + 120 MB`, peakBytes > 0 && peakBytes <= budget + NODE_BYTES);
    check(`${name}: flat over time`, resident.length >= 4 && growthBytes(resident) <= MOST_GROWTH);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = exitCode();
