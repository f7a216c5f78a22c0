import fc from "fast-check";
import { expect, test } from "vitest";
import { type FileChange, fileChanges } from "../../src/lineage/file-changes.js";
import type { SourceFile } from "../../src/lineage/source-files.js";

const file = (path: string, more: Partial<SourceFile> = {}): SourceFile => ({
  ...{ path, size: 10, mtimeMs: 1000, firstSample: 0, samples: 1 },
  ...more,
});
async function* stream(files: readonly SourceFile[]): AsyncGenerator<SourceFile> {
  yield* files;
}
async function changes(then: readonly SourceFile[], now: readonly SourceFile[], options = {}): Promise<string[]> {
  const found: FileChange[] = [];
  for await (const change of fileChanges(stream(then), stream(now), options)) found.push(change);
  return found.map(({ path, change }) => `${change} ${path}`);
}

test.each<readonly [string, Partial<SourceFile>, string[], string[]]>([
  ["the same", {}, [], []],
  ["another size", { size: 11 }, ["changed a"], ["changed a"]],
  ["other samples", { samples: 2 }, ["changed a"], ["changed a"]],
  ["another time", { mtimeMs: 1001 }, ["touched a"], []],
])("%s", async (_, more, here, copied) => {
  expect(await changes([file("a")], [file("a", more)])).toEqual(here);
  expect(await changes([file("a")], [file("a", more)], { isCopy: true })).toEqual(copied);
});

test("an entity tag says more than a time", async () => {
  const [a, b] = [file("u", { etag: '"1"' }), file("u", { etag: '"1"', mtimeMs: 5 })];
  expect(await changes([a], [b])).toEqual([]);
  expect(await changes([a], [{ ...b, etag: '"2"' }])).toEqual(["changed u"]);
});

test("law: what is new, gone and changed, whatever stands between", async () => {
  const paths = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(paths, paths, fc.integer({ min: 0, max: 60 }), async (a, b, grown) => {
      const [then, now] = [a, b].map((list) => [...list].sort((x, y) => x - y)) as [number[], number[]];
      const found = await changes(
        then.map((n) => file(`${n}`)),
        now.map((n) => file(`${n}`, n === grown ? { size: 99 } : {})),
      );
      const expected = [
        ...then.filter((n) => !now.includes(n)).map((n) => `gone ${n}`),
        ...now.filter((n) => !then.includes(n)).map((n) => `new ${n}`),
        ...now.filter((n) => then.includes(n) && n === grown).map((n) => `changed ${n}`),
      ];
      expect(found.sort()).toEqual(expected.sort());
    }),
    { numRuns: 500, seed: 2 },
  );
});
