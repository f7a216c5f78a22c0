import { execFile } from "node:child_process";

/** A Node that runs cells. */
export interface NodeChoice {
  /** Path or name. */
  readonly command: string;
  /** "v22.4.0" */
  readonly version: string;
  /** Beside the environment of the extension. */
  readonly env: NodeJS.ProcessEnv;
  /** Where it was found: for the reader. */
  readonly origin: "setting" | "PATH" | "VS Code";
}

const OLDEST = [20, 19] as const;

/**
 * Chooses what runs cells: the one that the setting names, else that of the PATH where it is new enough, else VS Code's own.
 * @param setting empty where nothing is set
 * @throws Error of one line where the setting names none that can be used
 */
export async function chooseNode(setting: string): Promise<NodeChoice> {
  if (setting !== "") {
    const version = await versionOf(setting);
    if (!version)
      throw new Error(`The setting normstream.node names "${setting}", which does not run. Name a Node 20.19 or newer.`);
    if (!isNewEnough(version)) {
      throw new Error(`The setting normstream.node names Node ${version.slice(1)}. Normstream needs 20.19 or newer.`);
    }
    return { command: setting, version, env: {}, origin: "setting" };
  }
  const onPath = await versionOf("node");
  if (onPath && isNewEnough(onPath)) return { command: "node", version: onPath, env: {}, origin: "PATH" };
  const env = { ELECTRON_RUN_AS_NODE: "1" };
  return { command: process.execPath, version: process.version, env, origin: "VS Code" };
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function versionOf(command: string): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(command, ["--version"], { timeout: 5000, windowsHide: true }, (error, stdout) => {
      const version = /^v\d+\.\d+\.\d+/.exec(stdout.trim())?.[0];
      resolve(error ? null : (version ?? null));
    });
  });
}
