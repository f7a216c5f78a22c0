import fc from "fast-check";
import { expect, test } from "vitest";
import { PixelGate } from "../../src/images/pixel-gate.js";

const MOST = 10;
/** An image: its pixels, whether it is damaged, and how many turns of the queue reading and decoding it take. */
const images = fc.array(fc.tuple(fc.nat({ max: 14 }), fc.boolean(), fc.nat({ max: 5 }), fc.nat({ max: 5 })), { maxLength: 30 });

const turns = async (count: number): Promise<void> => {
  for (let i = 0; i < count; i++) await Promise.resolve();
};

test("images enter in their order, hold no more pixels than there may be, and none waits for ever", async () => {
  await fc.assert(
    fc.asyncProperty(images, fc.integer({ min: 1, max: 5 }), async (list, atOnce) => {
      const gate = new PixelGate(MOST);
      const entered: number[] = [];
      let held = 0;
      let most = 0;
      const waiting: { readonly done: Promise<void>; readonly leave: () => void }[] = [];
      let next = 0;
      const start = (): void => {
        const k = next++;
        const image = list[k];
        if (!image) return;
        const [pixels, isDamaged, reading, decoding] = image;
        const ticket = gate.ticket();
        const run = async (): Promise<void> => {
          await turns(reading);
          if (isDamaged) return;
          await ticket.enter(pixels);
          entered.push(k);
          held += pixels;
          if (held > pixels) most = Math.max(most, held);
          await turns(decoding);
        };
        const leave = (): void => {
          if (!isDamaged) held -= pixels;
          ticket.leave();
        };
        waiting.push({ done: run(), leave });
      };
      for (let i = 0; i < atOnce; i++) start();
      for (let first = waiting.shift(); first; first = waiting.shift()) {
        await first.done;
        start();
        first.leave();
      }
      const whole = [...list.keys()].filter((k) => !list[k]?.[1]);
      expect(entered).toEqual(whole);
      expect(most).toBeLessThanOrEqual(MOST);
      expect(held).toBe(0);
    }),
    { numRuns: 300 },
  );
});
