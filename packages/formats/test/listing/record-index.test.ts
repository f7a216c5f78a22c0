import fc from "fast-check";
import { expect, test } from "vitest";
import { RecordIndex } from "../../src/listing/record-index.js";

test("records are found by the samples that they hold, in memory and in a file", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(weights, fc.constantFrom(1, 20_000), fc.nat(), (list, textLength, at) => {
      using index = new RecordIndex();
      const ends: number[] = [];
      for (const [i, weight] of list.entries()) {
        index.add(`${i} ${"é".repeat(textLength)}`, weight);
        ends.push(index.weight);
      }
      expect(index.length).toBe(list.length);
      const sample = at % index.weight;
      const expected = ends.findIndex((end) => end > sample);
      let start = index.startOf(sample);
      let found = -1;
      for (const text of index.from(sample)) {
        const record = Number.parseInt(text, 10);
        expect(start).toBe((ends[record] as number) - (list[record] as number));
        if (start + (list[record] as number) > sample) {
          found = record;
          break;
        }
        start += list[record] as number;
      }
      expect(found).toBe(expected);
    }),
    { seed: 6, numRuns: 60 },
  );
});
