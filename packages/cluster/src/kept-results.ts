import type { ShardResult } from "@normstream/pipeline";
import { dataError } from "@normstream/tensor";
import type { Leaf } from "./flow-cut.js";
import { digestOf, type RunStore } from "./run-store.js";
import { recordsOf, resultOf } from "./segment.js";

/** Objects whose records are at hand: several shards stand in one, and are asked for one after another. */
const HELD_OBJECTS = 16;

/** Names of the objects with results in a pass's folder. */
export const leafName = (from: number, to: number, digest: string): string => `leaf-${from}-${to}-${digest}`;
export const nodeName = (from: number, to: number, digest: string): string => `node-${from}-${to}-${digest}`;
const NAME = /^(?:leaf|node)-(\d+)-(\d+)-([0-9a-f]{32})$/;

interface KeptObject {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly digest: string;
}

type Records = ReadonlyMap<number, Uint8Array<ArrayBuffer>>;

/** The results of a pass that are in the store, by shard. */
export class KeptResults {
  readonly #store: RunStore;
  readonly #folder: string;
  readonly #held = new Map<string, Promise<Records | undefined>>();

  /** @param folder the pass's, in the store */
  constructor(store: RunStore, folder: string) {
    this.#store = store;
    this.#folder = folder;
  }

  /** The objects that hold shards, each shard's in one: what an earlier coordinator had done. */
  async find(): Promise<ReadonlyMap<number, string>> {
    const found = new Map<number, string>();
    for (const object of await this.#list()) {
      const records = await this.#read(object.key, object.digest);
      for (const index of records?.keys() ?? []) found.set(index, object.key);
    }
    this.#held.clear();
    return found;
  }

  /** The objects that hold some shards, each by its first one: those that are nowhere are left out. */
  async locate(leaves: readonly Leaf[]): Promise<ReadonlyMap<number, string>> {
    const objects = await this.#list();
    const exact = new Map(objects.map(({ from, to, key }) => [`${from}-${to}`, key]));
    const found = new Map<number, string>();
    for (const { from, to } of leaves) {
      let key = exact.get(`${from}-${to}`);
      for (const object of key === undefined ? objects : []) {
        if (from < object.from || to > object.to) continue;
        const records = await this.#records(object.key);
        if (records?.has(from) && records.has(to - 1)) key = object.key;
      }
      if (key !== undefined) found.set(from, key);
    }
    return found;
  }

  /**
   * A shard's result, the receiver's own.
   * @param key the object that holds it, or did: a fan-in node puts the results of its leaves together
   * @throws NormstreamError of kind `data` where it is damaged, or lost
   */
  async take(key: string, index: number): Promise<ShardResult> {
    const record = (await this.#records(key))?.get(index) ?? (await this.#joined(index));
    if (record) return resultOf(record);
    throw dataError(`the result of shard ${index} is not in the store any more`, {
      file: this.#store.name,
      hint: "Nothing but this run may remove files there; resume it.",
    });
  }

  async #joined(index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (const { key, from, to } of await this.#list()) {
      if (index < from || index >= to) continue;
      const record = (await this.#records(key))?.get(index);
      if (record) return record;
    }
    return undefined;
  }

  async #list(): Promise<KeptObject[]> {
    const names = await this.#store.list(this.#folder);
    return names.flatMap((name) => {
      const [, from, to, digest] = NAME.exec(name) ?? [];
      return digest === undefined ? [] : [{ key: `${this.#folder}/${name}`, from: Number(from), to: Number(to), digest }];
    });
  }

  #records(key: string): Promise<Records | undefined> {
    let held = this.#held.get(key);
    if (held) this.#held.delete(key);
    held ??= this.#read(key, NAME.exec(key.slice(this.#folder.length + 1))?.[3] ?? "");
    this.#held.set(key, held);
    for (const oldest of this.#held.keys()) {
      if (this.#held.size <= HELD_OBJECTS) break;
      this.#held.delete(oldest);
    }
    return held;
  }

  async #read(key: string, digest: string): Promise<Records | undefined> {
    const bytes = await this.#store.get(key);
    if (!bytes) return undefined;
    const found = digestOf(bytes);
    if (found === digest) return recordsOf(bytes, key);
    throw dataError("a partial result is damaged", {
      file: `${this.#store.name}/${key}`,
      expected: `digest ${digest}`,
      found,
      hint: "Remove it, and resume the run.",
    });
  }
}
