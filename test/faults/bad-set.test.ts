import { symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { badImages, badSets } from "./bad-sets.js";
import { expectRefusal } from "./command.js";
import { npyOf } from "./file-bytes.js";
import { scratchFolder } from "./scratch.js";

const scratch = scratchFolder();

describe("files that are no data set are refused in one line", () => {
  test.each([...badSets, ...badImages])("$name", async ({ input, files, args = [], code, line }) => {
    for (const [name, bytes] of Object.entries(files)) scratch.write(name, bytes);
    scratch.write("out.npy", npyOf([2, 2]));
    const before = scratch.listing();
    expectRefusal(await scratch.run(["normalize", input, ...args, "-o", "out.npy", "--overwrite", "--quiet"]), code, line);
    expectRefusal(await scratch.run(["stats", input, ...args, "--quiet"]), code, line);
    expect(scratch.listing()).toEqual(before);
  });

  test("bad images and parts", async () => {
    scratch.write("set/a.png", badImages[1]?.files["set/b.png"] ?? "");
    const outcome = await scratch.run(["stats", "set", "--skip-bad", "--shard", "0/2", "-o", "part.npz"]);
    expectRefusal(
      outcome,
      2,
      "set: --skip-bad does not go with --shard: a part whose samples are left out has no place in the whole. Take away the images that stats --skip-bad names.",
    );
  });

  test("a symbolic link that leads in a circle", async () => {
    scratch.write("set/a.npy", npyOf([2, 2]));
    symlinkSync("..", scratch.path("set/up"));
    expectRefusal(
      await scratch.run(["stats", "set"]),
      4,
      "set/up/set: the symbolic link leads back to a folder that it stands in. Remove the link, or name the files by a pattern.",
    );
  });

  test("an output that would be one of the files", async () => {
    scratch.write("set/a.npy", npyOf([4, 2]));
    const before = scratch.listing();
    for (const [input, output, says] of [
      ["set", "set/b.npy", "the output would be one of the files of set. Write it to another folder."],
      ["set/*.npy", "set/b.npy", "the output would be one of the files of set/*.npy. Write it to another folder."],
      ["set/../set", "./set/a.npy", "the output is a part of the input. Name another file."],
    ] as const) {
      expectRefusal(await scratch.run(["normalize", input, "-o", output, "--overwrite"]), 2, `${output}: ${says}`);
    }
    expect(scratch.listing()).toEqual(before);
    const others = await scratch.run(["stats", "set", "-o", "set/a.json", "--quiet"]);
    expect(others).toMatchObject({ ended: 0, stderr: "" });
  });

  test("a shell's list in the place of a pattern", async () => {
    scratch.write("a.npy", npyOf([4, 2]));
    scratch.write("b.npy", npyOf([4, 2]));
    const outcome = await scratch.run(["stats", "a.npy", "b.npy"]);
    expectRefusal(outcome, 2, /too many|several inputs/i);
  });
});

test("what is passed over is said, unless nobody wants to hear", async () => {
  scratch.write("set/a.npy", npyOf([4, 2]));
  scratch.write("set/LICENSE", "x");
  scratch.write("set/b/notes.md", "x");
  const { ended, stderr } = await scratch.run(["stats", "set"]);
  expect({ ended, stderr }).toEqual({
    ended: 0,
    stderr: "normstream: passed over 2 files that are no data (first: set/LICENSE)\n",
  });
  expect(await scratch.run(["stats", "set", "--quiet"])).toMatchObject({ ended: 0, stderr: "" });
});
