import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { begun, expectRefusal, until } from "./command.js";
import { deflatedNpz, npy, npyOf, writeSparseNpy } from "./file-bytes.js";
import { listingOf, scratchFolder } from "./scratch.js";
import { mountSmallDisk } from "./tmpfs.js";

const scratch = scratchFolder();
const MB = 1 << 20;
const disk = mountSmallDisk(MB);
afterAll(() => disk?.remove());

const NO_SPACE = "no space left on the device";

describe.skipIf(!disk)(`a full disk${disk ? "" : " (skipped: this user may not mount a small one)"}`, () => {
  const at = (name: string) => join(disk?.path ?? "", name);

  beforeEach(() => {
    for (const name of readdirSync(at(""))) rmSync(at(name));
    disk?.resize(MB);
  });

  test("a tensor that does not fit is refused before the input is read", async () => {
    writeSparseNpy(scratch.path("a.npy"), [1000, 4, 1000, 1000]);
    writeFileSync(at("o.npy"), "mine");
    const outcome = await scratch.run(["normalize", "a.npy", "-o", at("o.npy"), "--overwrite", "--quiet"]);
    expectRefusal(
      outcome,
      4,
      /^normstream: .*\/o\.npy: cannot write: no space left on the device; expected 16000000128 bytes free, found 10\d{5}$/,
    );
    expect(readdirSync(at(""))).toEqual(["o.npy"]);
    expect(readFileSync(at("o.npy"), "utf8")).toBe("mine");
  });

  test.each(["npy", "npz", "safetensors"])("a disk that fills up while a .%s file is written", async (extension) => {
    writeSparseNpy(scratch.path("a.npy"), [200, 4, 512, 512]);
    disk?.resize(900 * MB);
    const output = at(`o.${extension}`);
    writeFileSync(output, "mine");
    const run = scratch.start(["normalize", "a.npy", "-o", output, "--overwrite", "--threads", "2"]);
    // The statistics are a pass of their own, in which nothing is written yet; and room is looked for before the file has its size.
    await begun(run);
    await until(run, () => readdirSync(at("")).some((name) => name.endsWith(".partial") && statSync(at(name)).size > MB));
    disk?.shrink(20 * MB);
    const { ended, stdout, stderr } = await run.outcome;
    expect({ ended, stdout }).toEqual({ ended: 4, stdout: "" });
    const said = stderr.trimEnd().split("\n");
    // But for what is read, and how far it was.
    expect(said.filter((line) => !/ % of |: reading /.test(line))).toEqual([`normstream: ${output}: cannot write: ${NO_SPACE}`]);
    expect(readdirSync(at(""))).toEqual([`o.${extension}`]);
    expect(readFileSync(output, "utf8")).toBe("mine");
  });

  test.each(["npz", "json"])("statistics that do not fit, as .%s", async (extension) => {
    writeSparseNpy(scratch.path("a.npy"), [30_000, 4, 8, 8]);
    const output = at(`o.${extension}`);
    writeFileSync(output, "mine");
    const before = listingOf(at(""));
    expectRefusal(
      await scratch.run(["stats", "a.npy", "--norm", "instance", "-o", output, "--overwrite"]),
      4,
      `${output}: cannot write: ${NO_SPACE}`,
    );
    expect(listingOf(at(""))).toEqual(before);
  });

  test("a table of moments that goes to disk", async () => {
    writeSparseNpy(scratch.path("a.npy"), [20000, 4, 8, 8]);
    writeFileSync(scratch.path("o.npz"), "mine");
    const before = scratch.listing();
    const args = ["stats", "a.npy", "--norm", "instance", "-o", "o.npz", "--overwrite", "--memory", "8MB"];
    expectRefusal(
      await scratch.run(args, { env: { TMPDIR: at("") } }),
      4,
      `writing the table of moments to a temporary file: ${NO_SPACE}. Set TMPDIR to a folder with room.`,
    );
    expectRefusal(
      await scratch.run(args, { env: { TMPDIR: at("none") } }),
      4,
      /^normstream: .*\/none\/normstream-table-\S+\.tmp: making a temporary file for the table of moments: no such file or folder\. Set TMPDIR to a folder with room\.$/,
    );
    expect(scratch.listing()).toEqual(before);
    expect(readdirSync(at(""))).toEqual([]);
  });

  test("an archive that has to be unpacked to disk", async () => {
    const packed = deflatedNpz(npy(new Uint8Array(16e6), { shape: "(10, 4, 400, 250)", order: "True" }));
    scratch.write("a.npz", packed);
    scratch.write("o.npy", npyOf([2]));
    const before = scratch.listing();
    const line = `unpacking a.npz to a temporary file: ${NO_SPACE}. Set TMPDIR to a folder with room.`;
    const env = { TMPDIR: at("") };
    expectRefusal(await scratch.run(["stats", "a.npz"], { env }), 4, line);
    expectRefusal(await scratch.run(["normalize", "a.npz", "-o", "o.npy", "--overwrite"], { env }), 4, line);
    expect(scratch.listing()).toEqual(before);
    expect(readdirSync(at(""))).toEqual([]);
  });
});
