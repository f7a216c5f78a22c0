import { chmodSync, linkSync, mkdirSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expectRefusal } from "./command.js";
import { deflatedNpz, gzip, npyOf, zip } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();
const whole = npyOf([4, 3, 2, 2]);
const isRoot = process.getuid?.() === 0;

interface BadOutput {
  readonly name: string;
  /** Makes what is there beside `a.npy`. */
  readonly make?: () => void;
  readonly args: readonly string[];
  readonly code: 2 | 4;
  readonly line: string;
}

async function expectRefused({ make, args, code, line }: BadOutput): Promise<void> {
  scratch.write("a.npy", whole);
  make?.();
  const before = scratch.listing();
  expectRefusal(await scratch.run(args), code, line);
  expect(scratch.listing()).toEqual(before);
}

const EXISTS = "the file exists. Replace it with --overwrite, or name another file.";
const IS_INPUT = "the output is the input. Name another file.";
const table = async () => void (await scratch.run(["stats", "a.npy", "-o", "t.npz"]));

describe("an output that cannot be written is refused before anything is", () => {
  const cases: readonly BadOutput[] = [
    {
      name: "it exists",
      make: () => scratch.write("o.npy", "mine"),
      args: ["normalize", "a.npy", "-o", "o.npy"],
      code: 2,
      line: `o.npy: ${EXISTS}`,
    },
    {
      name: "a table that exists",
      make: () => scratch.write("o.npz", "mine"),
      args: ["stats", "a.npy", "-o", "o.npz"],
      code: 2,
      line: `o.npz: ${EXISTS}`,
    },
    {
      name: "an empty file is one too",
      make: () => scratch.write("o.json", ""),
      args: ["stats", "a.npy", "-o", "o.json"],
      code: 2,
      line: `o.json: ${EXISTS}`,
    },
    {
      name: "its folder is missing",
      args: ["normalize", "a.npy", "-o", "none/o.npy"],
      code: 4,
      line: "none/o.npy: cannot write: the folder: no such file or folder. Make the folder first.",
    },
    {
      name: "a table's folder is missing",
      args: ["stats", "a.npy", "-o", "none/o.npz"],
      code: 4,
      line: "none/o.npz: cannot write: the folder: no such file or folder. Make the folder first.",
    },
    {
      name: "its folder is a file",
      args: ["normalize", "a.npy", "-o", "a.npy/o.npy"],
      code: 4,
      line: "a.npy/o.npy: cannot write: a.npy is not a folder",
    },
    {
      name: "it is a folder",
      make: () => mkdirSync(scratch.path("o.npy")),
      args: ["normalize", "a.npy", "-o", "o.npy", "--overwrite"],
      code: 4,
      line: "o.npy: cannot write: is a folder, not a regular file",
    },
    {
      name: "it names a folder",
      args: ["stats", "a.npy", "-o", "o.npz/"],
      code: 2,
      line: "o.npz/: the output names a folder; expected the name of a file",
    },
    {
      name: "it is a link that leads nowhere",
      make: () => symlinkSync("nowhere.npy", scratch.path("o.npy")),
      args: ["normalize", "a.npy", "-o", "o.npy", "--overwrite"],
      code: 4,
      line: "o.npy: cannot write: the link leads nowhere: no such file or folder",
    },
    {
      name: "it is a device",
      make: () => symlinkSync("/dev/null", scratch.path("o.npy")),
      args: ["normalize", "a.npy", "-o", "o.npy", "--overwrite"],
      code: 4,
      line: "o.npy: cannot write: is a special file, not a regular file",
    },
    {
      name: "an extension that tensors are not written in",
      args: ["normalize", "a.npy", "-o", "o.txt"],
      code: 2,
      line: "o.txt: the extension names no format that tensors are written in; expected .npy, .npz, .safetensors, .parquet, .zarr, found .txt",
    },
    {
      name: "an extension that statistics are not written in",
      args: ["stats", "a.npy", "-o", "o.npy"],
      code: 2,
      line: "o.npy: the extension names nothing that statistics are written as; expected .npz (the table of moments), .json or .safetensors (running_mean, running_var), found .npy",
    },
    {
      name: "bfloat16 into .npy",
      args: ["normalize", "a.npy", "-o", "o.npy", "--out-dtype", "bf16"],
      code: 2,
      line: "o.npy: NumPy's formats have no bfloat16. Write a .safetensors file, or another dtype.",
    },
    {
      name: "no output",
      args: ["normalize", "a.npy"],
      code: 2,
      line: "normalize needs -o OUTPUT. For example -o normalized.npy.",
    },
    {
      name: "--overwrite without an output",
      args: ["stats", "a.npy", "--overwrite"],
      code: 2,
      line: "--overwrite needs -o FILE",
    },
  ];
  test.each(cases)("$name", expectRefused);
});

describe("an output that is the input is refused, whatever it is called", () => {
  const normalize = (output: string): BadOutput => ({
    name: output,
    args: ["normalize", "a.npy", "-o", output, "--overwrite"],
    code: 2,
    line: `${output}: ${IS_INPUT}`,
  });
  const cases: readonly BadOutput[] = [
    { ...normalize("a.npy"), name: "the same name" },
    { ...normalize("./x/../a.npy"), name: "another way there", make: () => mkdirSync(scratch.path("x")) },
    { ...normalize(scratch.path("a.npy")), name: "the absolute path" },
    { ...normalize("hard.npy"), name: "a hard link", make: () => linkSync(scratch.path("a.npy"), scratch.path("hard.npy")) },
    { ...normalize("soft.npy"), name: "a symbolic link", make: () => symlinkSync("a.npy", scratch.path("soft.npy")) },
    { ...normalize("x/a.npy"), name: "through a linked folder", make: () => symlinkSync(".", scratch.path("x")) },
  ];
  test.each(cases)("$name", expectRefused);

  const containers: readonly (readonly [name: string, file: string, bytes: Uint8Array, command: string])[] = [
    ["a stored archive", "b.npz", zip([{ name: "data.npy", data: whole }]), "normalize"],
    ["a deflated archive", "b.npz", deflatedNpz(whole), "normalize"],
    ["statistics of an archive", "b.npz", deflatedNpz(whole), "stats"],
    ["a gzip stream under another name", "b.npy", gzip(whole), "normalize"],
  ];
  test.each(containers)("%s", async (name, file, bytes, command) => {
    const make = () => scratch.write(file, bytes);
    await expectRefused({ name, make, args: [command, file, "-o", file, "--overwrite"], code: 2, line: `${file}: ${IS_INPUT}` });
  });

  test("a table that is merged", async () => {
    scratch.write("a.npy", whole);
    await table();
    await expectRefused({
      name: "",
      args: ["merge", "t.npz", "-o", "t.npz", "--overwrite"],
      code: 2,
      line: `t.npz: ${IS_INPUT}`,
    });
  });
});

describe("permissions", () => {
  /** Root may write anywhere: the command runs as nobody. */
  const through = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"] : [];

  test("a folder that is not the user's to write", async () => {
    scratch.write("a.npy", whole);
    scratch.write("closed/o.npy", "mine");
    chmodSync(scratch.path("closed/o.npy"), 0o666);
    chmodSync(scratch.path("closed"), 0o555);
    chmodSync(scratch.folder, 0o755);
    const before = scratch.listing();
    const refusal = (name: string) => `closed/${name}: cannot write: the folder: permission denied`;
    expectRefusal(await scratch.run(["normalize", "a.npy", "-o", "closed/new.npy"], { through }), 4, refusal("new.npy"));
    expectRefusal(
      await scratch.run(["normalize", "a.npy", "-o", "closed/o.npy", "--overwrite"], { through }),
      4,
      refusal("o.npy"),
    );
    expectRefusal(await scratch.run(["stats", "a.npy", "-o", "closed/new.npz"], { through }), 4, refusal("new.npz"));
    chmodSync(scratch.path("closed"), 0o755);
    expect(scratch.listing()).toEqual(before);
  });

  test("a file that is not the user's to read", async () => {
    chmodSync(scratch.write("a.npy", whole), 0);
    chmodSync(scratch.folder, 0o755);
    expectRefusal(await scratch.run(["stats", "a.npy"], { through }), 4, "a.npy: cannot open: permission denied");
  });
});

test("what is replaced is replaced as a whole, and keeps its permissions and its link", async () => {
  scratch.write("a.npy", whole);
  chmodSync(scratch.write("real.npy", "mine"), 0o640);
  symlinkSync("real.npy", scratch.path("o.npy"));
  expect(await scratch.run(["normalize", "a.npy", "-o", "o.npy", "--overwrite"])).toMatchObject({ ended: 0, stderr: "" });
  await scratch.run(["normalize", "a.npy", "-o", "fresh.npy"]);
  expect(scratch.read("real.npy").equals(scratch.read("fresh.npy"))).toBe(true);
  expect(Object.keys(scratch.listing())).toEqual(["a.npy", "fresh.npy", "o.npy", "real.npy"]);
  expect(scratch.listing()["o.npy"]).toBe("special");
});

test("a weight that is the output would be lost", async () => {
  scratch.write("a.npy", whole);
  scratch.write("w.npy", npyOf([3]));
  const before = scratch.listing();
  const outcome = await scratch.run(["normalize", "a.npy", "--weight", "w.npy", "-o", "w.npy", "--overwrite"]);
  expectRefusal(outcome, 2, `w.npy: ${IS_INPUT}`);
  expect(scratch.listing()).toEqual(before);
});
