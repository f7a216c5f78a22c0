import { workspace } from "vscode";

/** What the reader has set. */
export interface Settings {
  /** Path of the Node that runs cells; empty where VS Code chooses. */
  readonly node: string;
  /** Threads of a pool where a cell names none; null for as many as the machine runs at once. */
  readonly threads: number | null;
  /** Memory of a pool where a cell names none: "512MB". */
  readonly memory: string;
}

export function readSettings(): Settings {
  const settings = workspace.getConfiguration("normstream");
  return {
    node: settings.get("node", "").trim(),
    threads: settings.get<number | null>("threads", null),
    memory: settings.get("memory", "").trim(),
  };
}

/** Settings as a cell process is told them. */
export function settingsEnvironment({ threads, memory }: Settings): NodeJS.ProcessEnv {
  return {
    ...(threads === null ? {} : { NORMSTREAM_THREADS: String(threads) }),
    ...(memory === "" ? {} : { NORMSTREAM_MEMORY: memory }),
  };
}
