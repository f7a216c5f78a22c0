import { basename } from "node:path";
import { runProcess, startPeer } from "./peer.mjs";

/** Where a Python may be that has a peer's packages. */
const PYTHONS = process.env.PYTHON ? [process.env.PYTHON] : ["/usr/bin/python3", "python3", "python"];

/** Compiles a program and starts it; null where no compiler makes it, and then a line in `missing`. */
export async function startC(source, program, missing, versions) {
  const compilers = [process.env.CC, "gcc", "cc", "clang"].filter(Boolean);
  const reasons = [];
  for (const compiler of compilers) {
    try {
      runProcess(compiler, ["-O3", "-march=native", "-pthread", source, "-o", program, "-lm"]);
      const peer = startPeer(program);
      versions.C = `${compiler} ${(await peer.ask("version")).version}`;
      return peer;
    } catch (error) {
      // What came of it, without the call and its paths.
      reasons.push(error.message.split("\n")[0].split(": ").at(-1));
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

/** Starts a program of Node; null where it cannot, and then a line in `missing`. */
export async function startNode(name, args, missing, versions) {
  const peer = startPeer(process.execPath, args);
  try {
    versions[name] = (await peer.ask("version")).version;
    return peer;
  } catch (error) {
    missing.push(`${name}: ${error.message.split("\n")[0]}`);
    return null;
  }
}
