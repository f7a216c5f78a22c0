import type { ObjectStore } from "../bytes/object-store.js";
import { asJson, type Json, parseMetadata } from "./json.js";

/**
 * A store that knows the metadata which a group keeps in one object (`.zmetadata` of version 2, `consolidated_metadata` of version 3), and so
 * can list its arrays where the place itself cannot. The store as it is where there are none.
 */
export async function withConsolidated(store: ObjectStore): Promise<ObjectStore> {
  const documents = (await documentsOfVersion3(store)) ?? (await documentsOfVersion2(store));
  if (!documents) return store;
  const folders = new Map<string, Set<string>>();
  for (const key of documents.keys()) {
    const parts = key.split("/");
    for (let depth = 0; depth < parts.length - 1; depth++) {
      const folder = parts.slice(0, depth).join("/");
      const names = folders.get(folder) ?? new Set();
      folders.set(folder, names.add(`${parts[depth]}/`));
    }
  }
  return {
    root: store.root,
    get: (key, range) => (range ? store.get(key, range) : (documents.get(key) ?? store.get(key))),
    identify: (key) => store.identify(key),
    list: async (key) => [...(folders.get(key) ?? [])],
    [Symbol.dispose]: () => store[Symbol.dispose](),
  };
}

async function documentsOfVersion3(store: ObjectStore): Promise<Map<string, Uint8Array> | undefined> {
  const bytes = await store.get("zarr.json");
  const metadata = asJson(asJson(jsonOf(bytes)?.consolidated_metadata)?.metadata);
  if (!bytes || !metadata) return undefined;
  const nodes = Object.entries(metadata).map(([path, node]) => [`${path}/zarr.json`, encoded(node)] as const);
  return new Map([["zarr.json", bytes], ...nodes]);
}

async function documentsOfVersion2(store: ObjectStore): Promise<Map<string, Uint8Array> | undefined> {
  const metadata = asJson(jsonOf(await store.get(".zmetadata"))?.metadata);
  if (!metadata) return undefined;
  return new Map(Object.entries(metadata).map(([key, document]) => [key, encoded(document)]));
}

const encoded = (document: unknown): Uint8Array => Buffer.from(JSON.stringify(document));

/** Metadata that are damaged are told where they are read themselves. */
const jsonOf = (bytes: Uint8Array | undefined): Json | undefined => bytes && parseMetadata(bytes);
