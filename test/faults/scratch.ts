import { createHash, randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type CommandOptions, type Outcome, type RunningCommand, runCommand, startCommand } from "./command.js";

/** Contents of files up to this are compared byte for byte, of larger ones by size and time. */
const HASHED_BYTES = 64 << 20;

/** A folder that is empty at the start of each test, and gone when the tests of the file are done. */
export interface Scratch {
  readonly folder: string;
  path(name: string): string;
  write(name: string, bytes: Uint8Array | string): string;
  read(name: string): Buffer;
  /** Every file in it and what it holds, to be compared with a later one. */
  listing(): Readonly<Record<string, string>>;
  /** Runs the command there; its temporary files go there too. */
  run(args: readonly string[], options?: Partial<CommandOptions>): Promise<Outcome>;
  start(args: readonly string[], options?: Partial<CommandOptions>): RunningCommand;
}

export function scratchFolder(): Scratch {
  // Made when the tests begin: a file whose tests are all skipped leaves none.
  const folder = join(tmpdir(), `normstream-faults-${randomBytes(6).toString("hex")}`);
  beforeAll(() => void mkdirSync(folder, { mode: 0o700 }));
  beforeEach(() => {
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true });
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const path = (name: string) => join(folder, name);
  const complete = (options: Partial<CommandOptions> = {}) => ({
    cwd: folder,
    ...options,
    env: { TMPDIR: folder, ...options.env },
  });
  return {
    folder,
    path,
    write(name, bytes) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), bytes);
      return path(name);
    },
    read: (name) => readFileSync(path(name)),
    listing: () => listingOf(folder),
    run: (args, options) => runCommand(args, complete(options)),
    start: (args, options) => startCommand(args, complete(options)),
  };
}

/** Every file below a folder and what it holds. */
export function listingOf(folder: string): Record<string, string> {
  const listing: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const stats = lstatSync(join(folder, name));
    listing[name] = stats.isFile()
      ? contentOf(join(folder, name), stats.size, stats.mtimeMs)
      : stats.isDirectory()
        ? "folder"
        : "special";
  }
  return listing;
}

const contentOf = (path: string, size: number, mtimeMs: number): string =>
  size > HASHED_BYTES ? `${size} bytes of ${mtimeMs}` : createHash("sha256").update(readFileSync(path)).digest("hex");
