import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProcess, startPeer } from "./peer.mjs";

const OURS = fileURLToPath(new URL("./ours.mjs", import.meta.url));
const C_SOURCE = fileURLToPath(new URL("./peer.c", import.meta.url));
const NUMPY = fileURLToPath(new URL("./peer.py", import.meta.url));
const OURS_TABLE = fileURLToPath(new URL("./ours-table.mjs", import.meta.url));
const C_TABLE = fileURLToPath(new URL("./peer_table.c", import.meta.url));
const PYTHON_TABLE = fileURLToPath(new URL("./peer_table.py", import.meta.url));
const TORCH = fileURLToPath(new URL("./peer_torch.py", import.meta.url));

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
 * @returns { ours, cli, c, numpy, torch, oursTable, cTable, pythonTable } with null for what is not there, `versions` by name, and one line for each that is missing
 */
export async function startPeers(folder) {
  const missing = [];
  const versions = {};
  const ours = startPeer(process.execPath, [OURS]);
  const oursTable = startPeer(process.execPath, [OURS_TABLE]);
  const c = await startC(C_SOURCE, join(folder, "peer"), missing, versions);
  const cTable = c && (await startC(C_TABLE, join(folder, "peer_table"), missing, {}));
  const numpy = await startPython("numpy", [NUMPY], {}, missing, versions);
  const torch = await startPython("torch", [TORCH], RECYCLING, missing, versions);
  const table = {};
  const pythonTable = numpy && (await startPython("table", [PYTHON_TABLE], RECYCLING, missing, table));
  if (table.table?.sklearn) versions.sklearn = table.table.sklearn;
  else if (pythonTable) missing.push("scikit-learn: the Python that has NumPy does not import it (PYTHON=… names another)");
  return { ours, cli: findCli(missing), c, numpy, torch, oursTable, cTable, pythonTable, versions, missing };
}

async function startC(source, program, missing, versions) {
  const compilers = [process.env.CC, "gcc", "cc", "clang"].filter(Boolean);
  const reasons = [];
  for (const compiler of compilers) {
    try {
      runProcess(compiler, ["-O3", "-march=native", "-pthread", source, "-o", program, "-lm"]);
      const peer = startPeer(program);
      versions.c = `${compiler} ${(await peer.ask("version")).version}`;
      return peer;
    } catch (error) {
      reasons.push(error.message.split("\n")[0]);
    }
  }
  missing.push(`C: no compiler (${compilers.join(", ")}) made ${basename(source)}: ${reasons[0]}`);
  return null;
}

/** Starts a program in the first Python that has what it imports; null where none has, and then a line in `missing`. */
export async function startPython(name, args, env, missing, versions) {
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
