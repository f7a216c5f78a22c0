import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { inject } from "vitest";
import { vscodePaths } from "./install-vscode.mjs";

export interface ServerOptions {
  /** A folder of the test's own, for all that the server writes. */
  readonly folder: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Whether folders have to be trusted first. */
  readonly workspaceTrust?: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** A VS Code on a port of this machine, with the packed extension installed. */
export interface VsCodeServer extends AsyncDisposable {
  readonly url: string;
  /** "127.0.0.1:4711" */
  readonly authority: string;
  /** What the server and its extension hosts said. */
  log(): string;
}

const SETTINGS = {
  "workbench.startupEditor": "none",
  "workbench.editorAssociations": { "*.ipynb": "jupyter-notebook" },
  "files.autoSave": "off",
  "telemetry.telemetryLevel": "off",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "workbench.enableExperiments": false,
  "update.mode": "none",
  "chat.disableAIFeatures": true,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
};

export async function startVsCode({ folder, settings, workspaceTrust = false, env = {} }: ServerOptions): Promise<VsCodeServer> {
  const { node, entry } = vscodePaths(inject("vscode"));
  const userData = join(folder, "user-data");
  const extensions = join(folder, "extensions");
  mkdirSync(join(userData, "User"), { recursive: true });
  mkdirSync(extensions, { recursive: true });
  const trust = { "security.workspace.trust.enabled": workspaceTrust, "security.workspace.trust.startupPrompt": "never" };
  writeFileSync(join(userData, "User", "settings.json"), JSON.stringify({ ...SETTINGS, ...trust, ...settings }));
  const places = ["--config", join(folder, "config.yaml"), "--user-data-dir", userData, "--extensions-dir", extensions];
  const home = {
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "xdg/config"),
    XDG_DATA_HOME: join(folder, "xdg/data"),
    XDG_CACHE_HOME: join(folder, "xdg/cache"),
    XDG_RUNTIME_DIR: folder,
    EXTENSIONS_GALLERY: "{}",
  };
  // The test runner's own variables are none of an editor's.
  const { NODE_OPTIONS: _, VITEST: __, ...inherited } = process.env;
  const environment = { ...inherited, ...home, ...env };
  execFileSync(node, [entry, ...places, "--install-extension", inject("vsix")], { env: environment, stdio: "pipe" });

  const port = await freePort();
  const authority = `127.0.0.1:${port}`;
  const logFile = join(folder, "server.log");
  const output = openSync(logFile, "w");
  const flags = ["--disable-telemetry", "--disable-update-check", "--disable-getting-started-override", "--disable-proxy"];
  const trustFlags = workspaceTrust ? [] : ["--disable-workspace-trust"];
  const child = spawn(
    node,
    [entry, "--auth", "none", "--bind-addr", authority, ...places, ...flags, ...trustFlags, "--ignore-last-opened"],
    { stdio: ["ignore", output, output], env: environment, detached: true },
  );
  await untilHealthy(child, authority, logFile);
  return {
    url: `http://${authority}`,
    authority,
    log: () => readFileSync(logFile, "utf8"),
    [Symbol.asyncDispose]: () => stop(child),
  };
}

async function untilHealthy(child: ChildProcess, authority: string, logFile: string): Promise<void> {
  const deadline = Date.now() + 240_000;
  while (Date.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`http://${authority}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await after(100);
  }
  await stop(child);
  throw new Error(`VS Code did not start:\n${readFileSync(logFile, "utf8").slice(-2000)}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const group = -child.pid;
  process.kill(group, "SIGTERM");
  await Promise.race([gone, after(5000)]);
  try {
    process.kill(group, "SIGKILL");
  } catch {
    // All of it has ended.
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
