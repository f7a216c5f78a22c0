import { type DecodedStorage, dataError, geometryOf, itemSize, type Region, type StoredTensor } from "@normstream/tensor";
import type { ObjectRange, ObjectStore } from "../bytes/object-store.js";
import { decodingError } from "../decoding-error.js";
import { openObjectStore } from "../places/object-store-opening.js";
import { placeName } from "../places/place.js";
import { indicesOf } from "../regions/blocks.js";
import { chunksAhead } from "../regions/chunks-ahead.js";
import { holdsFirst } from "../regions/first-element.js";
import { addMissing, type MissingChunks, type ReadObject, type RegionReader } from "../regions/region-reader.js";
import { elementsOf, enclosingBox, scatterBox } from "../regions/scatter.js";
import type { ZarrDetails } from "./reader.js";
import { loadZarrita } from "./zarrita-loading.js";

/** Shards whose indices are kept: zarrita keeps all that it has read, and is opened anew after so many. */
const KEPT_INDICES = 256;

/** What a request for a chunk tells of itself: whether there were bytes, and of what object. */
interface ChunkRequest {
  delivered?: boolean;
  /** Of a far place: which object was asked for, and what it was. */
  object?: ReadObject;
}

/** Decodes a Zarr array chunk by chunk. Chunks that are not there are counted where their first element is read. */
export async function decodeZarr(source: StoredTensor<DecodedStorage>): Promise<RegionReader> {
  const details = source.storage.details as ZarrDetails;
  const { layout, shape, name } = source;
  const geometry = geometryOf(shape, layout);
  const size = itemSize(source.dtype);
  const { chunkShape } = details;
  const store = openObjectStore(details.root);
  const open = await opener(store, details);
  let array = await open();
  let missing: MissingChunks | null = null;
  const objects = new Map<string, ReadObject>();

  const fetchChunk = async (index: readonly number[]) => {
    const request: ChunkRequest = {};
    const origin = index.map((i, axis) => i * (chunkShape[axis] as number));
    const chunk = await array.getChunk([...index], request as object).catch((cause: Error) => {
      throw decodingError(`the chunk at ${origin.join(", ")} cannot be decoded`, cause, { file: name, hint: "Write it again." });
    });
    return { origin, chunk, isMissing: !request.delivered, object: request.object };
  };

  const placeChunk = (
    { origin, chunk, isMissing, object }: Awaited<ReturnType<typeof fetchChunk>>,
    region: Region,
    target: Uint8Array,
  ) => {
    if (object) objects.set(object.key, object);
    if (isMissing) {
      checkFill(details, name, origin);
      if (holdsFirst(origin, layout, geometry, region)) missing = addMissing(missing, { count: 1, first: origin.join(", ") });
    }
    const { buffer, byteOffset, byteLength } = chunk.data as unknown as Uint8Array;
    if (byteLength !== chunkShape.reduce((a, b) => a * b, size)) {
      throw dataError(`the chunk at ${origin.join(", ")} has another size`, { file: name, hint: "Write it again." });
    }
    const data = elementsOf(new Uint8Array(buffer, byteOffset, byteLength), size);
    scatterBox({ data, origin, shape: chunkShape, stride: chunk.stride }, layout, geometry, region, target);
  };

  const chunksOf = (region: Region) =>
    indicesOf(
      enclosingBox(layout, geometry, region).map(({ from, to }, axis) => {
        const extent = chunkShape[axis] as number;
        return { from: Math.floor(from / extent), to: Math.ceil(to / extent) };
      }),
    );
  const ahead = chunksAhead(fetchChunk, details.ahead);

  return {
    async read(region, target) {
      if (open.indices() > KEPT_INDICES) array = await open();
      const waiting: ReturnType<typeof fetchChunk>[] = [];
      const placeFirst = async () => {
        const chunk = await waiting.shift();
        if (chunk) placeChunk(chunk, region, target);
      };
      for (const index of chunksOf(region)) {
        const chunk = ahead.take(index);
        chunk.catch(() => {});
        waiting.push(chunk);
        if (waiting.length > details.ahead) await placeFirst();
      }
      while (waiting.length > 0) await placeFirst();
    },
    expect(region) {
      if (details.ahead > 0) ahead.expect(chunksOf(region));
    },
    takeMissing() {
      const found = missing;
      missing = null;
      return found;
    },
    takeObjects() {
      const found = [...objects.values()];
      objects.clear();
      return found;
    },
    [Symbol.dispose]() {
      store[Symbol.dispose]();
    },
  };
}

/** Opens the array through zarrita, with metadata that are at hand already. */
async function opener(objects: ObjectStore, { root, path, version, document, ahead }: ZarrDetails) {
  const { zarrita } = await loadZarrita();
  const prefix = path === "" ? "/" : `/${path}/`;
  const encoded = Buffer.from(JSON.stringify(document));
  const metadataKey = `${prefix}${version === 3 ? "zarr.json" : ".zarray"}`;
  let indices = 0;
  const place = placeName(root);
  const note = async (key: string, request: ChunkRequest | undefined) => {
    if (!request || ahead === 0) return;
    request.object = { place, key, identity: (await objects.identify(key)) ?? null };
  };
  const store = {
    async get(key: string, request?: ChunkRequest): Promise<Uint8Array | undefined> {
      if (key === metadataKey) return encoded;
      if (key === `${prefix}.zattrs`) return undefined;
      const bytes = await objects.get(key.slice(1));
      if (bytes && request) request.delivered = true;
      await note(key.slice(1), request);
      return bytes;
    },
    async getRange(key: string, range: ObjectRange, request?: ChunkRequest): Promise<Uint8Array | undefined> {
      // The index of a shard is its end; that it is there says nothing of the chunk.
      if ("suffixLength" in range) {
        indices++;
        const index = await objects.get(key.slice(1), range);
        await note(key.slice(1), request);
        return index;
      }
      const bytes = await objects.get(key.slice(1), range);
      if (bytes && request) request.delivered = true;
      await note(key.slice(1), request);
      return bytes;
    },
  };
  const open = async () => {
    indices = 0;
    const location = zarrita.root(store as never).resolve(prefix);
    return version === 3
      ? zarrita.open.v3(location, { kind: "array" })
      : zarrita.open.v2(location, { kind: "array", attrs: false });
  };
  return Object.assign(open, { indices: () => indices });
}

function checkFill({ missing, hasFill }: ZarrDetails, file: string, origin: readonly number[]): void {
  if (missing === "fill" && hasFill) return;
  throw dataError(`the chunk at ${origin.join(", ")} is missing`, {
    file,
    ...(hasFill
      ? { hint: "Its values would be the fill value, and count as such with --missing fill." }
      : { expected: "all chunks, since the array has no fill value" }),
  });
}
