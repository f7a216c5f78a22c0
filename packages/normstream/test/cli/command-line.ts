import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect } from "vitest";

/** The built command, as users run it. */
export const BIN = fileURLToPath(new URL("../../bin/normstream.js", import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command in a folder. @param more variables of its environment */
export function start(folder: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): ChildProcess {
  const { NORMSTREAM_DEBUG: _, ...env } = process.env;
  return spawn(process.execPath, [BIN, ...args], { cwd: folder, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
}

/** Waits until a started command has ended. */
export function finished(child: ChildProcess): Promise<Finished> {
  const texts = { stdout: "", stderr: "" };
  child.stdout?.setEncoding("utf8").on("data", (text) => {
    texts.stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text) => {
    texts.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...texts }));
  });
}

/** A folder of its own for a test file, in which commands run with relative paths. */
export function commandFolder() {
  const folder = mkdtempSync(join(tmpdir(), "normstream-cli-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  /** A command line as one text: no argument of these tests holds a space. */
  const run = (line: string, env?: NodeJS.ProcessEnv): Promise<Finished> =>
    finished(start(folder, line.split(" ").filter(Boolean), env));
  return {
    folder,
    path: (name: string) => join(folder, name),
    run,
    /** Runs a command that must end well without a word on stderr. */
    async ok(line: string): Promise<string> {
      const { code, stdout, stderr } = await run(`${line} --quiet`);
      expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: "" });
      return stdout;
    },
    async json(line: string): Promise<Record<string, unknown>> {
      return JSON.parse(await this.ok(`${line} --json`));
    },
    /** Runs a command that must fail with one line that holds all these parts, and nothing on stdout. */
    async fails(line: string, code: number, ...parts: string[]): Promise<void> {
      const result = await run(line);
      expect({ line, ...result }).toEqual({ line, code, stdout: "", stderr: expect.stringMatching(/^normstream: [^\n]+\n$/) });
      for (const part of parts) expect(result.stderr).toContain(part);
      expect(result.stderr).not.toMatch(/\n\s+at |\.js:\d+/);
    },
    /** What is left over of files that were being written. */
    partials: () => readdirSync(folder).filter((name) => name.endsWith(".partial")),
  };
}
