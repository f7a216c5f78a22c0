// Installs and builds what is missing or out of date, and nothing else:  node scripts/setup.mjs [--quiet] [--types]
// Needs Node and npm alone. Says what it does on stderr, so that the command after it owns stdout.
import { spawnSync } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import { inputsOf, isFresh, root, stamp } from "./stamps.mjs";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `Normstream needs Node 20.19 or newer, and this is Node ${process.versions.node}: install a newer one (nodejs.org).\n`,
  );
  process.exit(1);
}

const quiet = process.argv.includes("--quiet");
const types = process.argv.includes("--types");

/** The environment without what `npm run` adds for its own script: it would steer the npx and pnpm that run inside it. */
function plainEnvironment() {
  const ours = /^(npm_lifecycle_.*|npm_package_.*|npm_command|npm_execpath|npm_node_execpath|init_cwd)$/i;
  const npms = /^npm_config_(local_prefix|prefix|global_prefix|noproxy|user_agent|node_gyp|init_module|npm_version)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name) && !npms.test(name)));
}

/** Runs a step to its end; its output goes to stderr, at once or, if quiet, only when it fails. */
function run(title, command, args, options) {
  if (!quiet) process.stderr.write(`${title}\n`);
  const output = quiet ? "pipe" : 2;
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", output, output], maxBuffer: 1 << 28, ...options });
  if (result.status === 0) return;
  if (quiet) process.stderr.write(`${title}\n${result.stdout || ""}${result.stderr || ""}`);
  const how = result.error
    ? result.error.message
    : result.signal
      ? `was ended by ${result.signal}`
      : `ended with exit code ${result.status}`;
  process.stderr.write(
    `Setting up failed: \`${[command === process.execPath ? "node" : command, ...args].join(" ")}\` ${how}.\n`,
  );
  process.exit(result.signal ? 128 + constants.signals[result.signal] : result.status || 1);
}

if (!isFresh("install")) {
  const inputs = inputsOf("install");
  const flags = [
    "--frozen-lockfile",
    "--prod=false",
    "--config.confirm-modules-purge=false",
    "--config.manage-package-manager-versions=false",
  ];
  const windows = process.platform === "win32";
  run(
    "Installing the dependencies (pnpm through npx) …",
    windows ? "npx.cmd" : "npx",
    ["--yes", "pnpm@10", "install", ...flags],
    {
      env: plainEnvironment(),
      shell: windows,
    },
  );
  stamp("install", inputs);
}

const stages = ["kernel", "bundles", "extension", ...(types ? ["types"] : [])];
if (!stages.every(isFresh)) {
  run("Building …", process.execPath, [join("scripts", "build.mjs"), ...(types ? [] : ["--no-types"])], {});
}
