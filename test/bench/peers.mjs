import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findNpmPeers } from "./npm-peers.mjs";
import { runProcess, startPeer } from "./peer.mjs";

const OURS = fileURLToPath(new URL("./ours.mjs", import.meta.url));
const C_SOURCE = fileURLToPath(new URL("./peer.c", import.meta.url));
const NUMPY = fileURLToPath(new URL("./peer.py", import.meta.url));
const OURS_TABLE = fileURLToPath(new URL("./ours-table.mjs", import.meta.url));
const C_PLANES = fileURLToPath(new URL("./peer_planes.c", import.meta.url));
const NUMPY_MEMORY = fileURLToPath(new URL("./peer_memory.py", import.meta.url));
const C_TABLE = fileURLToPath(new URL("./peer_table.c", import.meta.url));
const PYTHON_TABLE = fileURLToPath(new URL("./peer_table.py", import.meta.url));
const TORCH = fileURLToPath(new URL("./peer_torch.py", import.meta.url));
const TORCH_FILE = fileURLToPath(new URL("./peer_torch_file.py", import.meta.url));

const TFJS = fileURLToPath(new URL("./peer-tfjs.mjs", import.meta.url));
const ONNX = fileURLToPath(new URL("./peer-onnx.mjs", import.meta.url));
const HYPARQUET = fileURLToPath(new URL("./peer-hyparquet.mjs", import.meta.url));
const SHARP = fileURLToPath(new URL("./peer-sharp.mjs", import.meta.url));
const IMAGES = fileURLToPath(new URL("./peer_images.py", import.meta.url));
const MANIFEST = new URL("../../packages/normstream/package.json", import.meta.url);

/** glibc keeps what is freed: the output of each call is where that of the last one was. */
const RECYCLING = { MALLOC_MMAP_THRESHOLD_: "4294967296", MALLOC_TRIM_THRESHOLD_: "8589934592", MALLOC_TOP_PAD_: "1073741824" };

/** Where a Python may be that has a peer's packages. */
const PYTHONS = process.env.PYTHON ? [process.env.PYTHON] : ["/usr/bin/python3", "python3", "python"];

/** The command as users start it. */
export const CLI = fileURLToPath(new URL("../../packages/normstream/bin/normstream.js", import.meta.url));

/** The CLI in a process of its own, from start to end. */
function runCli(...args) {
  const { ms, stdout } = runProcess(process.execPath, [CLI, ...args]);
  return { ...JSON.parse(stdout), ms };
}

/**
 * Starts the peers that this machine has.
 * @param folder for the compiled C program
 * @param installs whether those of npm may be installed
 * @returns the programs, which stay, and `cli` and `feel`, which run a process to its end, and `start`: null for what is not there, `versions` by name, and one line for each that is missing
 */
export async function startPeers(folder, installs) {
  const missing = [];
  const versions = { Normstream: JSON.parse(readFileSync(MANIFEST, "utf8")).version };
  const ours = startOurs(2);
  const oursTable = startPeer(process.execPath, [OURS_TABLE]);
  const c = await startC(C_SOURCE, join(folder, "peer"), missing, versions);
  const cTable = c && (await startC(C_TABLE, join(folder, "peer_table"), missing, {}));
  const cPlanes = c && (await startC(C_PLANES, join(folder, "peer_planes"), missing, {}));
  const numpy = await startPython("NumPy", [NUMPY], {}, missing, versions);
  const numpyMemory = numpy && (await startPython("NumPy", [NUMPY_MEMORY], RECYCLING, missing, {}));
  const torch = await startPython("PyTorch", [TORCH], RECYCLING, missing, versions);
  const torchStock = torch && (await startPython("PyTorch", [TORCH], {}, missing, versions));
  const torchFile = torch && (await startPython("PyTorch", [TORCH_FILE], RECYCLING, missing, versions));
  const table = {};
  const pythonTable = numpy && (await startPython("table", [PYTHON_TABLE], RECYCLING, missing, table));
  if (table.table?.sklearn) versions["scikit-learn"] = table.table.sklearn;
  else if (pythonTable) missing.push("scikit-learn: the Python that has NumPy does not import it (PYTHON=… names another)");
  const pillow = torch && (await startPython("Pillow", [IMAGES], {}, missing, versions));
  const sharp = await startNode("sharp", [SHARP], missing, versions);
  const npm = findNpmPeers(installs, missing);
  const tfWasm = npm && (await startNode("TensorFlow.js", [TFJS, npm, "wasm"], missing, versions));
  const tfCpu = npm && (await startNode("TensorFlow.js", [TFJS, npm, "cpu"], missing, versions));
  const onnx = npm && (await startNode("ONNX Runtime", [ONNX, npm], missing, versions));
  const hyparquet = npm && (await startNode("hyparquet", [HYPARQUET, npm], missing, versions));
  const cli = findCli(missing);
  const feel = findFeel(missing);
  const compiled = { c, cTable, cPlanes };
  const python = { numpy, numpyMemory, pythonTable, torch, torchStock, torchFile, pillow };
  const node = { ours, oursTable, sharp, tfWasm, tfCpu, onnx, hyparquet };
  return { ...compiled, ...python, ...node, cli, feel, start: startOurs, versions, missing };
}

/** Normstream once more, in so many threads; who starts it closes it. */
const startOurs = (threads) => startPeer(process.execPath, [OURS, String(threads)]);

async function startC(source, program, missing, versions) {
  const compilers = [process.env.CC, "gcc", "cc", "clang"].filter(Boolean);
  const reasons = [];
  for (const compiler of compilers) {
    try {
      runProcess(compiler, ["-O3", "-march=native", "-pthread", source, "-o", program, "-lm"]);
      const peer = startPeer(program);
      versions.C = `${compiler} ${(await peer.ask("version")).version}`;
      return peer;
    } catch (error) {
      reasons.push(error.message.split("\n")[0]);
    }
  }
  missing.push(`C: no compiler (${compilers.join(", ")}) made ${basename(source)}: ${reasons[0]}`);
  return null;
}

/** Starts a program in the first Python that has what it imports; null where none has, and then a line in `missing`. */
async function startPython(name, args, env, missing, versions) {
  for (const python of PYTHONS) {
    const peer = startPeer(python, args, env);
    try {
      versions[name] = (await peer.ask("version")).version;
      return peer;
    } catch {
      await peer.close();
    }
  }
  missing.push(`${name}: none of ${PYTHONS.join(", ")} imports it (PYTHON=… names another)`);
  return null;
}

async function startNode(name, args, missing, versions) {
  const peer = startPeer(process.execPath, args);
  try {
    versions[name] = (await peer.ask("version")).version;
    return peer;
  } catch (error) {
    missing.push(`${name}: ${error.message.split("\n")[0]}`);
    return null;
  }
}

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
    missing.push(`sha256sum and cat: ${error.message}`);
    return null;
  }
}
