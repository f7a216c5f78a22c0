import { execFileSync, spawnSync } from "node:child_process";

/** Whether python3 with NumPy is here: the other implementation that files are held against. */
export const hasNumpy = spawnSync("python3", ["-c", "import numpy, zipfile"], { stdio: "ignore" }).status === 0;

/** Runs a script; its arguments are `sys.argv[1:]`, its output comes back. */
export const python = (script: string, ...args: string[]): string =>
  execFileSync("python3", ["-c", script, ...args], { encoding: "utf8" }).trim();
