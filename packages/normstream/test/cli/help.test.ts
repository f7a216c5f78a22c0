import { expect, test } from "vitest";
import { version } from "../../package.json";
import { commandFolder } from "./command-line.js";

const at = commandFolder();

const COMMANDS = [
  "info",
  "init",
  "stats",
  "normalize",
  "advise",
  "check",
  "report",
  "merge",
  "remove",
  "verify",
  "compare",
  "export",
  "worker",
  "runs",
  "status",
  "plan",
  "cancel",
  "resume",
];

test.each(["--help", ...COMMANDS.map((name) => `${name} --help`)])("%s", async (line) => {
  const { code, stdout, stderr } = await at.run(line);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout.split("\n").filter((text) => text.length > 80)).toEqual([]);
  await expect(stdout).toMatchFileSnapshot(`goldens/${line.replace(" --help", "").replace("--help", "normstream")}-help.txt`);
});

test("help COMMAND is COMMAND --help, -h too", async () => {
  const { stdout } = await at.run("stats --help");
  expect((await at.run("help stats")).stdout).toBe(stdout);
  expect((await at.run("stats x.npy -h")).stdout).toBe(stdout);
});

test("--version", async () => {
  expect(await at.run("--version")).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
});
