import { expect, test } from "vitest";
import { adviceOf } from "../../src/adviser/advice.js";
import { scanTable } from "../../src/instances/table-scan.js";
import { fashionMnist, statisticsOfData } from "../tensors.js";

test("Fashion-MNIST", async () => {
  const { images, labels } = fashionMnist();
  using statistics = await statisticsOfData({ shape: [10000, 28, 28], data: images, dtype: "uint8", layout: "NHW" });
  const scan = await scanTable(statistics);
  const t = performance.now();
  const advice = adviceOf(statistics, scan, { labels });
  console.log(performance.now() - t, JSON.stringify(advice, null, 1));
});
