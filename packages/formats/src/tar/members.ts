import { dataError, type ErrorDetails, throwIfAborted } from "@normstream/tensor";
import type { HeaderSource } from "../bytes/header-source.js";
import { parsePaxRecords, parseTarHeader, TAR_BLOCK } from "./header.js";

/** A regular file in an archive. */
export interface TarMember {
  readonly name: string;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** Headers are read through windows of so many bytes: members that are smaller share one. */
const WINDOW_BYTES = 64 * 1024;
/** An extended header above this is not read. */
const MAX_EXTENDED_BYTES = 1 << 20;

/**
 * The regular files of a tar archive, in its order, from its headers alone: POSIX (pax) and GNU, long names and sizes included.
 * @throws NormstreamError of kind `data` where a header is damaged, a member leaves the archive, a name is absolute or climbs out of it, or
 * a file is stored with holes.
 */
export async function* tarMembers(source: HeaderSource, signal?: AbortSignal): AsyncGenerator<TarMember> {
  let window: Uint8Array = new Uint8Array();
  let windowStart = 0;
  const read = async (byteOffset: number, byteLength: number): Promise<Uint8Array> => {
    if (byteOffset < windowStart || byteOffset + byteLength > windowStart + window.length) {
      throwIfAborted(signal);
      window = await source.read(byteOffset, Math.max(WINDOW_BYTES, byteLength));
      windowStart = byteOffset;
    }
    return window.subarray(byteOffset - windowStart, byteOffset - windowStart + byteLength);
  };
  let longName: string | undefined;
  let longSize: number | undefined;
  for (let at = 0; at < source.byteLength; ) {
    const where = { file: source.name, byteOffset: at };
    const block = await read(at, TAR_BLOCK);
    if (block.length < TAR_BLOCK) throw truncated(where, at + TAR_BLOCK, source.byteLength);
    const header = parseTarHeader(block, where);
    if (!header) return;
    const byteOffset = at + TAR_BLOCK;
    const isExtension = header.type === "x" || header.type === "L";
    const byteLength = isExtension ? header.byteLength : (longSize ?? header.byteLength);
    const end = byteOffset + byteLength;
    if (end > source.byteLength) throw truncated(where, end, source.byteLength);
    at = byteOffset + Math.ceil(byteLength / TAR_BLOCK) * TAR_BLOCK;
    if (isExtension) {
      if (byteLength > MAX_EXTENDED_BYTES) throw dataError("an extended header of the archive is too long", where);
      const bytes = (await read(byteOffset, byteLength)).slice();
      if (header.type === "L") longName = Buffer.from(bytes).toString("utf8").replace(/\0.*$/s, "");
      else {
        const { path, size } = parsePaxRecords(bytes, where);
        longName = path ?? longName;
        longSize = size ?? longSize;
      }
      continue;
    }
    const name = longName ?? header.name;
    longName = undefined;
    longSize = undefined;
    if (header.type === "S")
      throw dataError(`member ${JSON.stringify(name)} is stored with holes`, {
        ...where,
        hint: "Pack it again without --sparse.",
      });
    if (header.type !== "0" && header.type !== "7") continue;
    checkName(name, where);
    yield { name: name.replace(/^(\.\/)+/, ""), byteOffset, byteLength };
  }
}

const truncated = (where: ErrorDetails, expected: number, found: number) =>
  dataError("the archive is truncated", {
    ...where,
    expected: `${expected} bytes`,
    found: `${found}`,
    hint: "Copy or write the archive again.",
  });

/** @throws NormstreamError of kind `data` for a name that would not stay below a folder that it is unpacked in. */
function checkName(name: string, where: ErrorDetails): void {
  const isAbsolute = /^([/\\]|[a-z]:)/i.test(name);
  if (!isAbsolute && !name.split(/[/\\]/).includes("..")) return;
  throw dataError(`the name of member ${JSON.stringify(name)} ${isAbsolute ? "is absolute" : "climbs out of the archive"}`, {
    ...where,
    hint: "The archive may be meant to do harm.",
  });
}
