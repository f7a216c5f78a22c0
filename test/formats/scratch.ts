import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NormstreamError } from "@normstream/tensor";
import { afterAll, expect } from "vitest";

/** A folder of its own for a test file, removed when its tests are done. */
export function scratchFolder() {
  const folder = mkdtempSync(join(tmpdir(), "normstream-inputs-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  let next = 0;
  return {
    folder,
    /** A path that no other test uses. */
    fresh: (extension: string) => join(folder, `${next++}${extension}`),
    /** Writes a file under a name that no other test uses. */
    write(extension: string, bytes: Uint8Array | string) {
      const path = join(folder, `${next++}${extension}`);
      writeFileSync(path, bytes);
      return path;
    },
  };
}

/** Asserts that an action fails with an error of ours, of this kind, whose one line holds all these parts. */
export async function expectError(action: () => unknown, kind: NormstreamError["kind"], ...parts: string[]): Promise<void> {
  let error: unknown;
  try {
    await action();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(NormstreamError);
  const { kind: found, message } = error as NormstreamError;
  expect({ kind: found, message }).toEqual({ kind, message: expect.any(String) });
  expect(message).not.toContain("\n");
  for (const part of parts) expect(message).toContain(part);
}
