/** What a `using` of a cell holds: it lives as long as its name does. */
export interface KeptResources {
  /** Keeps a resource under its name; lets go of the one that had it. */
  keep(name: string, resource: unknown): unknown;
  /** Lets go of all. */
  release(): Promise<void>;
}

export function createKeptResources(): KeptResources {
  const kept = new Map<string, unknown>();
  return {
    keep(name, resource) {
      const before = kept.get(name);
      if (before !== undefined && before !== resource) void letGo(before);
      if (resource === null || resource === undefined) kept.delete(name);
      else kept.set(name, resource);
      return resource;
    },
    async release() {
      const all = [...kept.values()].reverse();
      kept.clear();
      for (const resource of all) await letGo(resource);
    },
  };
}

async function letGo(resource: unknown): Promise<void> {
  const { [Symbol.asyncDispose]: disposeAsync, [Symbol.dispose]: dispose } = resource as Partial<AsyncDisposable & Disposable>;
  try {
    await (disposeAsync ?? dispose)?.call(resource);
  } catch (error) {
    process.stderr.write(`${String(error)}\n`);
  }
}
