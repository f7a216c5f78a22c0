import type { HeaderSource } from "./header-source.js";

/** A range of an opened file as a file of its own, which it does not close. */
export const rangeSource = (source: HeaderSource, name: string, byteOffset: number, byteLength: number): HeaderSource => ({
  name,
  path: source.path,
  byteLength,
  identity: source.identity,
  read: (at, length) => source.read(byteOffset + at, Math.max(0, Math.min(length, byteLength - at))),
  async [Symbol.asyncDispose]() {},
});
