import { readFileSync } from "node:fs";
import { uptime } from "node:os";

/**
 * Tells one run of the machine from the next: what a killed process has written is still there in the same one, and may not be after it
 * failed.
 */
export function bootId(): string {
  try {
    return readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
  } catch {
    return `${Math.round((Date.now() / 1000 - uptime()) / 60)}`;
  }
}
