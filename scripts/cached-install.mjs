// Tools that are too heavy to be everybody's dependencies: each is installed when it is first needed, exactly so, into
// node_modules/.cache, and found there from then on without a network.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./stamps.mjs";

/** Where the cache is: NORMSTREAM_CACHE, so that several checkouts can share it, or this checkout's own. */
const cache = process.env.NORMSTREAM_CACHE ?? join(root, "node_modules", ".cache");

/**
 * Installs packages into a folder of their own, once.
 * @param name of the folder
 * @param dependencies exact versions
 * @param finish what is to be done in the folder before it counts as installed
 * @returns the folder
 */
export function cachedInstall(name, dependencies, flags = [], finish = () => {}, salt = "") {
  const { folder, manifest, want } = planOf(name, dependencies, flags, salt);
  if (readStamp(folder) === want) return folder;
  rmSync(folder, { recursive: true, force: true });
  const building = `${folder}.${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  mkdirSync(building, { recursive: true });
  writeFileSync(join(building, "package.json"), `${manifest}\n`);
  try {
    runIn(building, "npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", ...flags]);
    finish(building);
    writeFileSync(join(building, ".installed"), want);
    renameSync(building, folder);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

/** The folder of packages that were installed so before; null where they were not. */
export function findCached(name, dependencies) {
  const { folder, want } = planOf(name, dependencies, [], "");
  return readStamp(folder) === want ? folder : null;
}

function planOf(name, dependencies, flags, salt) {
  const manifest = JSON.stringify({ private: true, dependencies }, null, 2);
  const want = createHash("sha256")
    .update(`${manifest}\0${flags.join(" ")}\0${salt}\0${process.platform}-${process.arch}`)
    .digest("hex");
  return { folder: join(cache, name), manifest, want };
}

/** Runs a command, quietly unless it fails. */
export function runIn(cwd, command, args, env = process.env) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, env, encoding: "utf8", maxBuffer: 1 << 28 });
  if (status === 0) return stdout;
  const words = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-15).join("\n");
  throw new Error(`\`${[command, ...args].join(" ")}\` failed${error ? `: ${error.message}` : ""}.\n${words}`);
}

function readStamp(folder) {
  try {
    return readFileSync(join(folder, ".installed"), "utf8");
  } catch {
    return null;
  }
}
