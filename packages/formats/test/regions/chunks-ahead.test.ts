import { expect, test } from "vitest";
import { chunksAhead } from "../../src/regions/chunks-ahead.js";

test("expected chunks are fetched once, and no more than so many wait", async () => {
  const fetched: string[] = [];
  const ahead = chunksAhead(async (index) => {
    fetched.push(index.join());
    return index.join();
  }, 2);
  ahead.expect([[0], [1], [2], [3]]);
  expect(fetched).toEqual(["0", "1"]);
  expect(await ahead.take([0])).toBe("0");
  expect(fetched).toEqual(["0", "1", "2"]);
  // One that nobody expected is fetched now.
  expect(await ahead.take([9])).toBe("9");
  for (const i of [1, 2, 3]) expect(await ahead.take([i])).toBe(`${i}`);
  expect(fetched).toEqual(["0", "1", "2", "9", "3"]);
});

test("an error comes where the chunk is taken, and nowhere else", async () => {
  const ahead = chunksAhead(async ([i]) => {
    if (i === 1) throw new Error("gone");
    return i;
  }, 3);
  ahead.expect([[0], [1]]);
  expect(await ahead.take([0])).toBe(0);
  await expect(ahead.take([1])).rejects.toThrow("gone");
});
