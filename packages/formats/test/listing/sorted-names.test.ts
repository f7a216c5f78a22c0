import fc from "fast-check";
import { expect, test } from "vitest";
import { compareBytes } from "../../src/listing/byte-order.js";
import { SortedNames } from "../../src/listing/sorted-names.js";

const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 6 }).map((text) => text.replaceAll("\0", "0"));

test("names are in the order of their UTF-8 bytes, whether they fit the memory or not", () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 60 }), fc.integer({ min: 1, max: 20 }), (names, run) => {
      using sorted = new SortedNames(run);
      for (const each of names) sorted.add(each);
      expect([...sorted]).toEqual(names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    }),
    { seed: 6 },
  );
});

test("a surrogate comes behind all of the basic plane", () => {
  expect(["\u{1f600}", "\uff5e", "a"].sort(compareBytes)).toEqual(["a", "\uff5e", "\u{1f600}"]);
});
