import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { join } from "node:path";

/** nginx on a free port, serving one folder. */
export interface Nginx extends AsyncDisposable {
  readonly url: string;
  start(): void;
  stop(): void;
  /** The ranges that were asked for, and the status of each answer. */
  log(): { readonly range: string; readonly status: number }[];
}

const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

export const hasNginx = spawnSync("nginx", ["-v"], { env }).error === undefined;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * @param folder an empty folder for its files; `www` in it is served
 * @param http lines of the configuration's `http` block
 * @param location lines of its `location` block
 */
export async function startNginx(folder: string, { http = "", location = "" } = {}): Promise<Nginx> {
  const port = await freePort();
  const at = (name: string) => join(folder, name);
  mkdirSync(at("www"), { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${at(kind)};`);
  writeFileSync(
    at("nginx.conf"),
    `worker_processes 1; daemon on; pid ${at("pid")}; error_log ${at("error.log")}; user root;
events { worker_connections 64; }
http {
  ${temporary.join(" ")}
  log_format ranges "$http_range $status"; access_log ${at("access.log")} ranges;
  ${http}
  server { listen 127.0.0.1:${port}; root ${at("www")}; location / { ${location} } }
}
`,
  );
  const run = (...args: string[]) => {
    const { status, stderr } = spawnSync("nginx", ["-p", folder, "-c", at("nginx.conf"), "-e", at("error.log"), ...args], {
      env,
    });
    if (status !== 0) throw new Error(`nginx: ${stderr}`);
  };
  let running = false;
  const nginx: Nginx = {
    url: `http://127.0.0.1:${port}`,
    start() {
      run();
      running = true;
    },
    stop() {
      if (running) run("-s", "stop");
      running = false;
    },
    log: () =>
      readFileSync(at("access.log"), "utf8")
        .trim()
        .split("\n")
        .map((line) => ({ range: line.split(" ")[0] as string, status: Number(line.split(" ")[1]) })),
    async [Symbol.asyncDispose]() {
      nginx.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  nginx.start();
  return nginx;
}
