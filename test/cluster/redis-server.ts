import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port that nobody uses now. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

export interface RedisServer extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** Runs a command; its answer as text. */
  cli(...args: string[]): string;
  kill(signal?: NodeJS.Signals): Promise<void>;
  start(): Promise<void>;
}

/** A real Redis with an append-only file, on a free port and in a folder of its own. */
export async function startRedis(args: readonly string[] = [], host = "127.0.0.1"): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), "normstream-redis-"));
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  let child: ChildProcess | undefined;
  const cli = (...command: string[]): string =>
    spawnSync("redis-cli", ["-p", `${port}`, ...command], { encoding: "utf8" }).stdout.trim();
  const server: RedisServer = {
    port,
    url: `redis://${host}:${port}`,
    cli,
    async start() {
      const settings = ["--port", `${port}`, "--dir", folder, "--appendonly", "yes", "--save", "", "--protected-mode", "no"];
      child = spawn("redis-server", [...settings, ...args], { stdio: "ignore" });
      for (let tries = 0; tries < 200; tries++) {
        const answer = cli("ping");
        if (answer === "PONG" || answer.includes("NOAUTH")) return;
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
      throw new Error("redis-server does not answer");
    },
    async kill(signal = "SIGKILL") {
      const running = child;
      child = undefined;
      if (!running || running.exitCode !== null) return;
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill(signal);
      await gone;
    },
    async [Symbol.asyncDispose]() {
      await this.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await server.start();
  return server;
}
