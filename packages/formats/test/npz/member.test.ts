import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { readZipMember } from "../../src/index.js";
import { zipBytes } from "../sample-bytes.js";
import { expectError, scratchFolder } from "../scratch.js";

const scratch = scratchFolder();
const text = Buffer.from('{"schema":"normstream/table/1"}');

test.each([false, true])("reads a small member (deflated: %s)", async (deflate) => {
  const path = scratch.write(`${deflate}.npz`, zipBytes([{ name: "x/meta.json", data: text, deflate }]));
  expect(Buffer.from(await readZipMember(path, "x/meta.json")).toString()).toBe(text.toString());
  await expectError(() => readZipMember(path, "meta.json"), "usage", path, 'no member "meta.json"');
  await expectError(
    () => readZipMember(path, "x/meta.json", { maxBytes: 10 }),
    "data",
    `${path}:x/meta.json`,
    "at most 10 bytes",
    "found 31",
  );
  await expectError(() => readZipMember(path, "x/meta.json", { signal: AbortSignal.abort() }), "aborted");
});

test("checks length and checksum", async () => {
  const wrong = scratch.write("crc.npz", zipBytes([{ name: "a", data: text, crc: 7 }]));
  await expectError(() => readZipMember(wrong, "a"), "data", `${wrong}:a`, "checksum");
  const bomb = deflateRawSync(Buffer.alloc(20_000_000));
  const large = scratch.write("bomb.npz", zipBytes([{ name: "a", data: text, method: 8, packed: bomb }]));
  await expectError(() => readZipMember(large, "a"), "data", "another length", "expected 31 bytes");
});
