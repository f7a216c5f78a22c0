import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNpmPeers } from "./npm-peers.mjs";
import { runProcess, startPeer } from "./peer.mjs";
import { startC, startNode, startPython } from "./start-peer.mjs";

const here = (name) => fileURLToPath(new URL(`./${name}`, import.meta.url));
const MANIFEST = new URL("../../packages/normstream/package.json", import.meta.url);

/** glibc keeps what is freed: the output of each call is where that of the last one was. */
const RECYCLING = { MALLOC_MMAP_THRESHOLD_: "4294967296", MALLOC_TRIM_THRESHOLD_: "8589934592", MALLOC_TOP_PAD_: "1073741824" };

/** The command as users start it. */
export const CLI = fileURLToPath(new URL("../../packages/normstream/bin/normstream.js", import.meta.url));

/** The CLI in a process of its own, from start to end. */
function runCli(...args) {
  const { ms, stdout } = runProcess(process.execPath, [CLI, ...args]);
  return { ...JSON.parse(stdout), ms };
}

/**
 * Starts the peers that this machine has.
 * @param folder for the compiled programs
 * @param installs whether those of npm may be installed
 * @returns the programs, which stay, null for each that is not there; `cli` and `feel`, which run a process to its end, and `start`, which
 *   starts Normstream once more; `versions` by name, and one line for each that is missing
 */
export async function startPeers(folder, installs) {
  const missing = [];
  const versions = { Normstream: JSON.parse(readFileSync(MANIFEST, "utf8")).version };
  const [compiled, python, node] = await Promise.all([
    compiledPeers(folder, missing, versions),
    pythonPeers(missing, versions),
    nodePeers(installs, missing, versions),
  ]);
  const whole = { cli: findCli(missing), feel: findFeel(missing), start: startOurs };
  // Programs start side by side: their names stand in the same order whoever came first.
  const sorted = Object.fromEntries(Object.entries(versions).sort());
  return { ...compiled, ...python, ...node, ...whole, versions: sorted, missing: missing.sort() };
}

async function compiledPeers(folder, missing, versions) {
  const start = (source, found) => startC(here(source), join(folder, source.replace(".c", "")), missing, found);
  const c = await start("peer.c", versions);
  return { c, cTable: c && (await start("peer_table.c", {})), cPlanes: c && (await start("peer_planes.c", {})) };
}

async function pythonPeers(missing, versions) {
  const start = (name, script, env, found = {}) => startPython(name, [here(script)], env, missing, found);
  const [numpy, torch] = await Promise.all([
    start("NumPy", "peer.py", {}, versions),
    start("PyTorch", "peer_torch.py", RECYCLING, versions),
  ]);
  const table = {};
  const [numpyMemory, pythonTable, torchStock, torchFile, pillow] = await Promise.all([
    numpy && start("NumPy", "peer_memory.py", RECYCLING),
    numpy && start("NumPy", "peer_table.py", RECYCLING, table),
    torch && start("PyTorch", "peer_torch.py", {}),
    torch && start("PyTorch", "peer_torch_file.py", RECYCLING),
    torch && start("Pillow", "peer_images.py", {}, versions),
  ]);
  const sklearn = table.NumPy?.sklearn;
  if (sklearn) versions["scikit-learn"] = sklearn;
  else missing.push("scikit-learn: no Python that has NumPy imports it (PYTHON=… names another)");
  return { numpy, numpyMemory, pythonTable, torch, torchStock, torchFile, pillow };
}

async function nodePeers(installs, missing, versions) {
  const start = (name, script, ...args) => startNode(name, [here(script), ...args], missing, versions);
  const npm = findNpmPeers(installs, missing);
  const [sharp, tfWasm, tfCpu, onnx, hyparquet] = await Promise.all([
    start("sharp", "peer-sharp.mjs"),
    npm && start("TensorFlow.js", "peer-tfjs.mjs", npm, "wasm"),
    npm && start("TensorFlow.js", "peer-tfjs.mjs", npm, "cpu"),
    npm && start("ONNX Runtime", "peer-onnx.mjs", npm),
    npm && start("hyparquet", "peer-hyparquet.mjs", npm),
  ]);
  const oursTable = startPeer(process.execPath, [here("ours-table.mjs")]);
  return { ours: startOurs(2), oursTable, sharp, tfWasm, tfCpu, onnx, hyparquet };
}

/** Normstream in so many threads; who starts it closes it. */
const startOurs = (threads) => startPeer(process.execPath, [here("ours.mjs"), String(threads)]);

function findCli(missing) {
  try {
    const { stdout } = runProcess(process.execPath, [CLI, "--help"]);
    if (stdout.includes("stats")) return runCli;
    missing.push("the command: `normstream --help` does not know `stats`");
  } catch (error) {
    missing.push(`the command: ${error.message.split("\n")[0]}`);
  }
  return null;
}

/** Commands that read a file whole and do something else with it. */
function findFeel(missing) {
  try {
    for (const command of ["sha256sum", "cat"]) runProcess(command, ["/dev/null"]);
    return (command, path) => runProcess("sh", ["-c", `${command} "$1" > /dev/null`, command, path]);
  } catch (error) {
    missing.push(`sha256sum and cat: ${error.message.split(": ").at(-1)}`);
    return null;
  }
}
