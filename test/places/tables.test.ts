import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../faults/command.js";
import { arrowTable, ipc, parquet } from "../formats/written-tables.js";
import { hasNginx, startNginx } from "./nginx.js";

const ROWS = 20_000;
const prices = Array.from({ length: ROWS }, (_, i) => (i % 977) + 0.5);
const years = Array.from({ length: ROWS }, (_, i) => 1990 + (i % 31));
const csv = `price,year\n${prices.map((price, i) => `${price},${years[i]}`).join("\n")}\n`;
const table = () => arrowTable({ price: { type: "float64", values: prices }, year: { type: "float64", values: years } });
const FILES: Readonly<Record<string, () => Uint8Array | string>> = {
  "x.csv": () => csv,
  "x.parquet": () => parquet(table()),
  "x.arrow": () => ipc(table(), "file"),
};

/** Bytes that were sent for ranges that end before `WHOLE`. */
const sent = (log: readonly { readonly range: string }[], size: number): number =>
  log.reduce((sum, { range }) => {
    const match = /^bytes=(\d+)-(\d+)$/.exec(range);
    return match ? sum + Math.min(size, Number(match[2]) + 1) - Number(match[1]) : sum;
  }, 0);

test.skipIf(!hasNginx)(
  "nginx: a table has one digest in every format, and verify reads it no more often than stats",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "normstream-tables-"));
    await using nginx = await startNginx(folder);
    const digests = new Set<string>();
    for (const [name, make] of Object.entries(FILES)) {
      const bytes = Buffer.from(make());
      writeFileSync(join(folder, "www", name), bytes);
      const run = async (...args: string[]) => {
        const before = nginx.log().length;
        const { ended, stdout, stderr } = await runCommand([...args, "--json", "--quiet"], { cwd: folder });
        expect({ name, ended, stderr }).toEqual({ name, ended: 0, stderr: "" });
        return { document: JSON.parse(stdout), bytes: sent(nginx.log().slice(before), bytes.length) };
      };
      const stats = await run("stats", `${nginx.url}/${name}`, "-o", `${name}.npz`);
      digests.add(stats.document.digest);
      const verified = await run("verify", `${name}.npz`);
      expect(verified.document).toMatchObject({ holds: true, files: { of: 1, changed: 0 } });
      // One chunk: a sample of it is all of it, decoded once. The two differ by a header at most.
      expect(verified.bytes).toBeLessThanOrEqual(stats.bytes + 0.4 * bytes.length);
    }
    expect(digests.size).toBe(1);
  },
  180_000,
);
