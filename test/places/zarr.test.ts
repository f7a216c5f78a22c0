import { existsSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { expectRefusal, runCommand, startCommand, until } from "../faults/command.js";
import { dataOf, type SampleData } from "../laws/sample-data.js";
import { writeZarr } from "../laws/zarr.js";
import { hasNginx, startNginx } from "./nginx.js";

const FAR = ["--quiet", "--json", "--threads", "2"];
const data: SampleData = dataOf(
  "float32",
  [8, 3, 400],
  Float64Array.from({ length: 9600 }, (_, i) => (i * 37) % 1009),
);

async function served(configuration: { location?: string } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "normstream-zarr-http-"));
  const nginx = await startNginx(folder, configuration);
  return { nginx, folder, at: (name: string) => join(folder, "www", name) };
}

test.skipIf(!hasNginx)(
  "nginx: Zarr has the digest of the local folder, each chunk is asked for once, and those that are not there are counted",
  async () => {
    const { nginx, folder, at } = await served();
    await using _ = nginx;
    for (const way of ["2", "3", "3 sharded"] as const) {
      const name = `${way.replace(" ", "-")}.zarr`;
      writeZarr(at(name), way, data, { layout: "NCHW" });
      if (way === "2") rmSync(join(at(name), "1.0.1.0"));
      const before = nginx.log().length;
      const here = await runCommand(["stats", at(name), ...FAR], { cwd: folder });
      const far = await runCommand(["stats", `${nginx.url}/${name}`, ...FAR], { cwd: folder });
      expect(far).toMatchObject({ ended: 0, stderr: "" });
      const { digest, missingChunks } = JSON.parse(far.stdout);
      expect({ digest, missingChunks }).toEqual({
        digest: JSON.parse(here.stdout).digest,
        missingChunks: JSON.parse(here.stdout).missingChunks,
      });
      expect(missingChunks).toEqual(way === "2" ? { count: 1, first: expect.any(String) } : undefined);
      // A grid of 3 × 3 × 3 × 3 chunks, and a few requests for metadata.
      const asked = nginx.log().slice(before);
      if (way !== "3 sharded") expect(asked.length).toBeLessThanOrEqual(3 * 3 * 3 * 3 + 8);
      expect(asked.every(({ status }) => status === 206 || status === 404)).toBe(true);
    }
  },
  180_000,
);

test.skipIf(!hasNginx)(
  "nginx: the arrays of a group come from consolidated metadata, or by their names",
  async () => {
    const { nginx, folder, at } = await served();
    await using _ = nginx;
    writeZarr(join(at("group"), "inner", "images"), "2", data, { layout: "NCHW" });
    writeFileSync(join(at("group"), ".zgroup"), '{"zarr_format":2}');
    const named = await runCommand(["stats", `${nginx.url}/group`, "--select", "inner/images", ...FAR], { cwd: folder });
    expect(named).toMatchObject({ ended: 0, stderr: "" });
    expectRefusal(
      await runCommand(["stats", `${nginx.url}/group`, ...FAR], { cwd: folder }),
      3,
      /the Zarr group holds no array; expected one or more, in consolidated metadata.*--select/,
    );
    const document = { shape: [8, 3, 20, 20], chunks: [3, 1, 9, 9], dtype: "<f4", compressor: { id: "zlib", level: 1 } };
    const zarray = { zarr_format: 2, ...document, fill_value: 0, order: "C", filters: null };
    writeFileSync(join(at("group"), ".zmetadata"), JSON.stringify({ metadata: { "inner/images/.zarray": zarray } }));
    const listed = await runCommand(["info", `${nginx.url}/group`, "--json", "--quiet"], { cwd: folder });
    expect(listed).toMatchObject({ ended: 0, stderr: "" });
    expect(listed.stdout).toContain("inner/images");
  },
  180_000,
);

test.skipIf(!hasNginx)(
  "a server that refuses access to chunks is an error, not a chunk that is not there",
  async () => {
    const { nginx, folder, at } = await served({ location: "location ~ /c/1/ { return 403; }" });
    await using _ = nginx;
    writeZarr(at("x.zarr"), "3", data, { layout: "NCHW" });
    const refused = await runCommand(["stats", `${nginx.url}/x.zarr`, ...FAR], { cwd: folder });
    expectRefusal(refused, 4, /access is refused \(HTTP 403\)/);
  },
  180_000,
);

/** `[48, 4, 64, 64]`, 48 chunks of 64 KiB. */
const large: SampleData = dataOf(
  "float32",
  [48, 4, 4096],
  Float64Array.from({ length: 48 * 4 * 4096 }, (_, i) => (i * 31) % 997),
);
const digestOf = (stdout: string): string => JSON.parse(stdout).digest;
const BUSY = "limit_req_zone $binary_remote_addr zone=one:1m rate=80r/s;";

test.skipIf(!hasNginx).each([
  ["is busy (503)", { http: BUSY, location: "limit_req zone=one; limit_req_status 503;" }],
  ["is slow, goes away and comes back", { location: "limit_rate 200k;" }],
])(
  "nginx that %s: a pass over Zarr completes with the digest of the folder",
  async (way, configuration) => {
    const { nginx, folder, at } = await served(configuration);
    await using _ = nginx;
    writeZarr(at("x.zarr"), "3", large, { layout: "NCHW" });
    const here = await runCommand(["stats", at("x.zarr"), ...FAR], { cwd: folder });
    const run = startCommand(["stats", `${nginx.url}/x.zarr`, ...FAR], { cwd: folder });
    if (way.includes("away")) {
      await until(run, () => nginx.log().length > 20);
      nginx.stop();
      await new Promise((resolve) => setTimeout(resolve, 400));
      nginx.start();
    }
    const far = await run.outcome;
    expect(far).toMatchObject({ ended: 0, stderr: "" });
    expect(digestOf(far.stdout)).toBe(digestOf(here.stdout));
    if (way.includes("503")) expect(nginx.log().map(({ status }) => status)).toContain(503);
  },
  180_000,
);

test.skipIf(!hasNginx).each<readonly [string, string, number, RegExp, (chunk: string) => void]>([
  ["resets the connection of one chunk", "location ~ /c/1/ { return 444; }", 4, /cannot read: .*6 times in a row/, () => {}],
  [
    "has one that was cut off",
    "",
    3,
    /the chunk at .* (cannot be decoded|has another size)/,
    (chunk) => truncateSync(chunk, 100),
  ],
])(
  "nginx that %s: one line, nothing on standard output, and the checkpoint is kept",
  async (_, location, code, message, damage) => {
    const { nginx, folder, at } = await served({ location });
    await using _nginx = nginx;
    writeZarr(at("x.zarr"), "3", data, { layout: "NCHW" });
    damage(join(at("x.zarr"), "c", "1", "1", "1", "1"));
    const command = ["stats", `${nginx.url}/x.zarr`, ...FAR, "--shard-bytes", "4096", "--checkpoint", "checkpoint"];
    expectRefusal(await runCommand(command, { cwd: folder }), code, message);
    expect(existsSync(join(folder, "checkpoint"))).toBe(true);
  },
  180_000,
);
