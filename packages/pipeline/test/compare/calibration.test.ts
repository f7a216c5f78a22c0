import { describe, expect, test } from "vitest";
import { meanShift, stdShift } from "../../src/compare/channel-shift.js";
import { clusterErrors, countErrors } from "../../src/compare/sampling-error.js";
import { compareStatistics, type Statistics } from "../../src/index.js";
import { drawInstances, random, statisticsOfValues } from "./drawn.js";

const RUNS = 2000;
/** 4 standard deviations of a share of 5 % in so many runs: wrong once in 16,000 of such tests. */
const BAND = 4 * Math.sqrt((0.05 * 0.95) / RUNS);

const sideOf = (statistics: Statistics, errors: ReturnType<typeof clusterErrors>) => ({
  count: statistics.count[0] as number,
  mean: statistics.mean[0] as number,
  variance: statistics.variance[0] as number,
  errorOfMean: errors[0] as (typeof errors)[number],
  errorOfStd: errors[0] as (typeof errors)[number],
});

interface World {
  readonly samples: readonly [number, number];
  readonly planeSize: number;
  readonly between: number;
  readonly grain?: number;
}

/** How often each test finds something at 5 % where there is nothing to find. */
function falseAlarms({ samples, planeSize, between, grain = 1 }: World) {
  const alarms = { mean: 0, std: 0, naiveMean: 0, naiveStd: 0 };
  const source = random(7);
  for (let run = 0; run < RUNS; run++) {
    const [a, b] = samples.map((n) =>
      statisticsOfValues({ instances: drawInstances(source, { samples: n, planeSize, between }), grain }),
    ) as [Statistics, Statistics];
    const [x, y] = [a, b].map((side) => sideOf(side, clusterErrors(side))) as [
      ReturnType<typeof sideOf>,
      ReturnType<typeof sideOf>,
    ];
    const [u, v] = [a, b].map((side) => sideOf(side, countErrors(side.total))) as [typeof x, typeof x];
    if (meanShift(x, y).p < 0.05) alarms.mean++;
    if (stdShift(x, y).p < 0.05) alarms.std++;
    if (meanShift(u, v).p < 0.05) alarms.naiveMean++;
    if (stdShift(u, v).p < 0.05) alarms.naiveStd++;
  }
  return Object.fromEntries(Object.entries(alarms).map(([name, count]) => [name, count / RUNS])) as typeof alarms;
}

describe("false alarms at 5 %", () => {
  const worlds: readonly (readonly [string, World, std: number])[] = [
    ["instances that differ, sides of 40 and 25", { samples: [40, 25], planeSize: 16, between: 1 }, BAND],
    ["instances that do not differ", { samples: [40, 25], planeSize: 16, between: 0 }, BAND],
    // The variance of eight squares is not enough to know the error of a std well.
    ["few against many", { samples: [8, 120], planeSize: 16, between: 1 }, 0.07],
    ["tables of single values, a row each", { samples: [50, 50], planeSize: 1, between: 0 }, BAND],
    ["blocks of 4, the last one short", { samples: [162, 121], planeSize: 8, between: 1, grain: 4 }, BAND],
  ];
  test.each(worlds)("%s", (_, world, std) => {
    const rates = falseAlarms(world);
    expect(Math.abs(rates.mean - 0.05)).toBeLessThan(BAND);
    expect(Math.abs(rates.std - 0.05)).toBeLessThan(std);
    if (world.between === 0) return;
    // What one gets who counts values: an alarm in every second or third case.
    expect(rates.naiveMean).toBeGreaterThan(0.3);
    expect(rates.naiveStd).toBeGreaterThan(0.2);
  });
});

test("planted shifts are found, by mean or by std, in their channel and with their size", async () => {
  const source = random(3);
  const draw = (shifts: readonly { mean?: number; within?: number }[]) => {
    const columns = shifts.map(({ mean = 0, within = 1 }) =>
      drawInstances(source, { samples: 400, planeSize: 16, mean, between: 0.5 * within, within }),
    );
    const instances = Array.from({ length: 400 }, (_, n) => columns.map((column) => column[n]?.[0] as Float64Array));
    return statisticsOfValues({ instances });
  };
  const same = Array.from({ length: 20 }, () => ({}));
  const comparison = await compareStatistics(
    draw(same),
    draw(same.map((_, c) => ({ mean: c === 4 ? 0.5 : 0, within: c === 9 ? 1.4 : 1 }))),
  );
  const shifted = comparison.channels.filter(({ verdict }) => verdict === "shifted");
  expect(shifted.map(({ channel }) => channel)).toEqual([4, 9]);
  expect(comparison.verdict).toBe("shifted");
  const [mean, std] = shifted;
  // Within 4 standard errors of what was planted.
  expect(Math.abs((mean?.meanShift.shift ?? 0) - 0.5)).toBeLessThan(4 * (mean?.meanShift.standardError ?? 0));
  expect(mean?.meanShift.effect).toBeCloseTo((mean?.meanShift.shift ?? 0) / Math.hypot(1, 0.5), 1);
  expect(Math.abs((std?.stdShift.shift ?? 0) - Math.log(1.4))).toBeLessThan(4 * (std?.stdShift.standardError ?? 0));
  expect(comparison.channels.filter(({ verdict }) => verdict === "small")).toEqual([]);
});

test("in large data sets a shift that does not matter is significant, and small", async () => {
  const source = random(11);
  const make = (mean: number) =>
    statisticsOfValues({ instances: drawInstances(source, { samples: 20_000, planeSize: 4, mean, between: 0.1 }) });
  const { verdict, channels } = await compareStatistics(make(0), make(0.04));
  expect(channels[0]?.meanShift.adjustedP).toBeLessThan(1e-6);
  expect(verdict).toBe("small");
  expect((await compareStatistics(make(0), make(0.04), { threshold: 0.02 })).verdict).toBe("shifted");
});
