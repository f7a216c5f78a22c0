import { folderRunStore, type RunStore } from "./run-store.js";

/** Opens the store that a place names: a folder, or `s3://bucket/prefix`. */
export async function openRunStore(place: string): Promise<RunStore> {
  if (/^s3:\/\//i.test(place)) return (await import("./s3-run-store.js")).s3RunStore(place);
  return folderRunStore(place);
}
