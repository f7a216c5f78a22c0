import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** Processes of this machine that run a kernel's cells in a folder. */
export function cellProcesses(folder: string): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8");
      const isZombie = /^State:\s+Z/m.test(readFileSync(`/proc/${name}/status`, "utf8"));
      const isOurs = command.includes("kernel/cells.js") && readlinkSync(`/proc/${name}/cwd`) === folder;
      return isOurs && !isZombie ? [Number(name)] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

/** Time that a process has worked, in hundredths of a second. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /s, "")
    .split(" ");
  return Number(fields[11]) + Number(fields[12]);
}
