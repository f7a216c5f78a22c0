import { spawnSync } from "node:child_process";

/** These tests start Redis servers of their own. */
export function setup(): void {
  const { status } = spawnSync("redis-server", ["--version"]);
  if (status !== 0) throw new Error("redis-server is missing: apt-get install redis-server");
}
