import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { decodeReport } from "@normstream/report/payload";
import { beforeAll, describe, expect, test } from "vitest";
import { commandFolder } from "./command-line.js";
import { sampleValues, writeNpy, writeSample } from "./sample-files.js";

const at = commandFolder();
const example = (name: string) => fileURLToPath(new URL(`../../../../examples/fashion-mnist/${name}`, import.meta.url));

beforeAll(async () => {
  writeSample(at.path("mixed.npy"), [300, 2, 8, 8]);
  // Each image has its own brightness.
  const values = sampleValues(200 * 2 * 64, 3);
  const level = sampleValues(200, 4);
  writeNpy(
    at.path("styles.npy"),
    [200, 2, 8, 8],
    values.map((x, i) => x + 3 * (level[Math.floor(i / 128)] as number)),
  );
  writeNpy(
    at.path("labels.npy"),
    [200],
    Float32Array.from({ length: 200 }, (_, n) => n % 5),
  );
  const broken = sampleValues(60 * 64, 5);
  broken[64 * 7 + 9] = Number.NaN;
  broken.copyWithin(64 * 20, 64 * 3, 64 * 4);
  writeNpy(at.path("broken.npy"), [60, 1, 8, 8], broken);
  copyFileSync(example("t10k-images-idx3-ubyte.gz"), at.path("images.gz"));
  copyFileSync(example("t10k-labels-idx1-ubyte.gz"), at.path("labels.gz"));
  await at.ok("stats styles.npy --norm instance -o styles.npz");
  await at.ok("stats styles.npy -o blocks.npz");
});

describe("advise", () => {
  test("Fashion-MNIST, as people read it", async () => {
    await expect(await at.ok("advise images.gz --labels labels.gz")).toMatchFileSnapshot("goldens/advise-fashion-mnist.txt");
  });

  test("of data and of their table it is the same", async () => {
    const { input: _, ...data } = await at.json("advise styles.npy --use detection --batch-size 4");
    const { input: __, ...table } = await at.json("advise styles.npz --use detection --batch-size 4");
    expect(table).toEqual(data);
    expect(data).toMatchObject({
      schema: "normstream/advice/1",
      verdict: { norms: ["group"], use: "detection", batchSize: 4, certainty: "sure" },
      channels: { j: [expect.any(Number), expect.any(Number)] },
    });
  });

  test("labels, momentum and use reach the verdict", async () => {
    const { verdict } = await at.json("advise styles.npy --use style --labels labels.npy --momentum none");
    expect(verdict).toMatchObject({
      norms: ["instance"],
      certainty: "sure",
      momentum: null,
      figures: { classShare: expect.any(Number) },
    });
  });

  test("a table of several samples a row says what is missing", async () => {
    expect(await at.ok("advise blocks.npz")).toContain("rows hold 64 samples each");
  });

  test.each([
    ["advise styles.npy --use fun", '--use: "fun"; expected classification, detection, style or generation'],
    ["advise styles.npy --momentum 2", '--momentum: "2"'],
    ["advise styles.npy --batch-size 0", '--batch-size: "0"'],
    ["advise mixed.npy --labels labels.npy", "200 labels for 300 samples"],
    ["advise styles.npz --layout NHWC", "--layout does not go with a table of moments"],
    ["check styles.npy --fail-on everything", "error, warning, note or never"],
    ["report styles.npy -o report.pdf", "the extension names nothing that reports are written as"],
    ["report styles.npy --overwrite", "--overwrite needs -o FILE"],
    ["report styles.npy --open -o styles.json", "--open shows a page; expected -o FILE.html, or no -o at all, found styles.json"],
    ["report mixed.npy --labels labels.npy", "200 labels for 300 samples"],
  ])("%s is refused", async (line, part) => {
    await at.fails(line, 2, part);
  });
});

describe("check", () => {
  test("what people read, and the exit code that continuous integration reads", async () => {
    const { code, stdout, stderr } = await at.run("check broken.npy --quiet");
    expect({ code, stderr }).toEqual({ code: 5, stderr: "" });
    await expect(stdout).toMatchFileSnapshot("goldens/check-broken.txt");
    expect(await at.run("check mixed.npy --quiet")).toMatchObject({ code: 0, stderr: "" });
  });

  test.each([
    ["broken.npy", "never", 0],
    ["broken.npy", "error", 5],
    ["mixed.npy", "note", 0],
  ])("%s --fail-on %s", async (file, limit, code) => {
    const found = await at.run(`check ${file} --quiet --json --fail-on ${limit}`);
    expect(found.code).toBe(code);
    expect(JSON.parse(found.stdout)).toMatchObject({ schema: "normstream/check/1", input: file });
  });
});

describe("report", () => {
  test("prints text, writes JSON, and --json prints the same", async () => {
    const text = await at.ok("report styles.npy -o styles.report.json");
    const report = decodeReport(readFileSync(at.path("styles.report.json"), "utf8"));
    expect(text).toBe(report.text.plain);
    const printed = decodeReport(await at.ok("report styles.npy --json"));
    expect(printed.id).toBe(report.id);
    expect(at.partials()).toEqual([]);
    await at.fails("report styles.npy -o styles.report.json", 2, "exists");
  });

  test("writes a notebook that holds the report, with a picture and text", async () => {
    const text = await at.ok("report styles.npy --use detection --batch-size 4 -o styles.ipynb");
    const notebook = JSON.parse(readFileSync(at.path("styles.ipynb"), "utf8"));
    expect(notebook).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    const { data } = notebook.cells[1].outputs[0];
    expect(decodeReport(data["application/vnd.normstream.report.v1+json"]).verdict?.batchSize).toBe(4);
    expect(data["text/html"].join("")).toMatch(/^<img src="data:image\/png;base64,/);
    expect(data["text/plain"].join("")).toBe(text);
    expect(notebook.cells[1].source.join("")).toContain('await createReport(data, { use: "detection", batchSize: 4 })');
    expect(at.partials()).toEqual([]);
  });

  test("writes pictures", async () => {
    await at.ok("report styles.npy -o styles.png");
    const png = readFileSync(at.path("styles.png"));
    expect(png.subarray(0, 8)).toEqual(Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]));
    expect(png.readUInt32BE(16)).toBe(2000);
    await at.ok("report styles.npy -o styles.svg");
    expect(readFileSync(at.path("styles.svg"), "utf8")).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
  });

  test("writes a page that holds everything, with ghost marks of a second data set", async () => {
    await at.ok("report styles.npy mixed.npy -o styles.html");
    const page = readFileSync(at.path("styles.html"), "utf8");
    expect(page).toContain("default-src 'none'");
    const json = /<script type="application\/json" id="normstream-report">([^<]*)<\/script>/.exec(page)?.[1] ?? "";
    const { baseline } = decodeReport(JSON.parse(json));
    expect(baseline).toMatchObject({ title: "mixed.npy", samples: 300 });
    expect(baseline?.noise).not.toBeNull();
    expect(baseline?.histograms).toHaveLength(2);
  });

  /** A program of the name that the system opens files with, which writes down what it was given. */
  const opener = () => {
    const folder = at.path("programs");
    const seen = at.path("opened.txt");
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/xdg-open`, `#!/bin/sh\nprintf %s "$1" > ${seen}\n`, { mode: 0o755 });
    return { env: { PATH: `${folder}:${process.env.PATH}` }, seen };
  };

  test.skipIf(process.platform !== "linux")("--open shows the page, which needs no name", async () => {
    const { env, seen } = opener();
    const { code, stderr } = await at.run("report styles.npy --open", env);
    expect(code).toBe(0);
    const page = /^normstream: wrote (\S+\.html)$/m.exec(stderr)?.[1] ?? "";
    await expect.poll(() => existsSync(seen) && readFileSync(seen, "utf8")).toBe(page);
    expect(readFileSync(page, "utf8")).toMatch(/^<!doctype html>/);
    rmSync(page);
  });

  test("--open with nothing to open with says where the page is", async () => {
    const { code, stderr } = await at.run("report styles.npy -o shown.html --open", { PATH: "" });
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining("nothing here opens pages: open shown.html in a browser"),
    });
  });

  test("of a table there are no histograms", async () => {
    const report = decodeReport(await at.ok("report styles.npz --json"));
    expect(report.histograms).toEqual({ absent: "Made from a table alone, which holds moments and no values." });
  });
});
