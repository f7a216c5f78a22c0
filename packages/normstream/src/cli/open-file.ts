import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { Say } from "./output.js";

/** What opens a file with the program that the system has for it. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
};

/** Shows a file in the program that the system has for it; where there is none, says where the file is. */
export function openFile(path: string, say: Say): void {
  const [command = "xdg-open", ...args] = OPENERS[process.platform] ?? [];
  const opener = spawn(command, [...args, resolve(path)], { detached: true, stdio: "ignore" });
  opener.once("error", () => say(`nothing here opens pages: open ${path} in a browser`));
  opener.unref();
}
