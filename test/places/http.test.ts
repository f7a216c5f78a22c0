import { mkdtempSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { begun, expectRefusal, runCommand, startCommand, until } from "../faults/command.js";
import { hasNginx, startNginx } from "./nginx.js";
import { npyOf } from "./npy.js";

/** `[32, 16, 128, 256]` float32, 67 MB. */
const SHAPE = [32, 16, 128, 256];
const FAR = ["--quiet", "--json", "--threads", "2"];

const folderOf = () => mkdtempSync(join(tmpdir(), "normstream-http-"));

async function served(configuration: { http?: string; location?: string } = {}) {
  const folder = folderOf();
  const nginx = await startNginx(folder, configuration);
  const local = join(folder, "www", "x.npy");
  writeFileSync(local, npyOf(SHAPE, 1));
  return { nginx, folder, local, url: `${nginx.url}/x.npy` };
}

const digestOf = (stdout: string): string => JSON.parse(stdout).digest;

test.skipIf(!hasNginx)(
  "nginx: a request opens a file and one more reads each shard; the digest is that of the local file",
  async () => {
    const { nginx, local, url, folder } = await served();
    await using _ = nginx;
    const here = await runCommand(["stats", local, ...FAR], { cwd: folder });
    const far = await runCommand(["stats", url, ...FAR, "--shard-bytes", "8388608"], { cwd: folder });
    expect(far).toMatchObject({ ended: 0, stderr: "" });
    expect(digestOf(far.stdout)).toBe(digestOf(here.stdout));
    expect(nginx.log().map(({ status }) => status)).toEqual(Array(9).fill(206));
  },
);

test.skipIf(!hasNginx)("nginx that is busy (503): the run waits, and completes", async () => {
  const http = "limit_req_zone $binary_remote_addr zone=one:1m rate=8r/s;";
  const { nginx, local, url, folder } = await served({ http, location: "limit_req zone=one; limit_req_status 503;" });
  await using _ = nginx;
  const here = await runCommand(["stats", local, ...FAR], { cwd: folder });
  const far = await runCommand(["stats", url, ...FAR, "--shard-bytes", "2097152"], { cwd: folder });
  expect(far).toMatchObject({ ended: 0, stderr: "" });
  expect(digestOf(far.stdout)).toBe(digestOf(here.stdout));
  expect(nginx.log().map(({ status }) => status)).toContain(503);
});

test.skipIf(!hasNginx)("nginx that goes away and comes back: the run goes on where it broke", async () => {
  const { nginx, local, url, folder } = await served({ location: "limit_rate 3m;" });
  await using _ = nginx;
  const here = await runCommand(["stats", local, ...FAR], { cwd: folder });
  const run = startCommand(["stats", url, "--json", "--threads", "2"], { cwd: folder });
  await begun(run);
  await new Promise((resolve) => setTimeout(resolve, 800));
  nginx.stop();
  await new Promise((resolve) => setTimeout(resolve, 500));
  nginx.start();
  const far = await run.outcome;
  expect(far.ended).toBe(0);
  expect(digestOf(far.stdout)).toBe(digestOf(here.stdout));
});

test.skipIf(!hasNginx)("nginx that stays away: exit 4, one line, and nothing written", async () => {
  const { nginx, url, folder } = await served({ location: "limit_rate 3m;" });
  await using _ = nginx;
  const run = startCommand(["normalize", url, "-o", "out.npy", "--threads", "2", "--quiet", "--norm", "instance"], {
    cwd: folder,
  });
  await until(run, () => readdirSync(folder).some((name) => name.startsWith("out.npy") || name.includes(".partial")));
  nginx.stop();
  expectRefusal(
    await run.outcome,
    4,
    /^normstream: http:\/\/127\.0\.0\.1:\d+\/x\.npy, byte \d+: cannot read: .*6 times in a row\. Run again/,
  );
  expect(readdirSync(folder).filter((name) => name.includes("out.npy"))).toEqual([]);
});

test.skipIf(!hasNginx)("a file that is replaced while it is read: exit 4 and one line, never a mixture", async () => {
  const { nginx, local, url, folder } = await served({ location: "limit_rate 500k;" });
  await using _ = nginx;
  const run = startCommand(["stats", url, "--json", "--threads", "2"], { cwd: folder });
  await begun(run);
  await new Promise((resolve) => setTimeout(resolve, 500));
  writeFileSync(`${local}.new`, npyOf(SHAPE, 2).subarray(0, -4));
  renameSync(`${local}.new`, local);
  const { ended, stdout, stderr } = await run.outcome;
  expect([ended, stdout]).toEqual([4, ""]);
  expect(stderr.trim().split("\n").at(-1)).toMatch(
    /x\.npy: the object changed after it was opened.*Run again when nothing writes to it\.$/,
  );
});
