import { expect, test, vi } from "vitest";
import { readBudgets } from "./budgets.js";
import { GRADIENT_CASES } from "./gradient-cases.js";
import { LAYER_CASES } from "./layer-cases.js";
import { NORMALIZE_CASES } from "./normalize-cases.js";
import { STATISTICS_CASES } from "./statistics-cases.js";

// The kernels count what they do, in layers too.
vi.mock("@normstream/kernel", async (load) => {
  const { countedModule } = await import("./counted-module.js");
  const { kernelBytes } = await import("./kernel-bytes.js");
  const module = new WebAssembly.Module(countedModule(kernelBytes()));
  return { ...(await load<typeof import("@normstream/kernel")>()), compileKernel: () => module };
});

const CASES = [...STATISTICS_CASES, ...NORMALIZE_CASES, ...GRADIENT_CASES, ...LAYER_CASES];
const names = CASES.map(({ name }) => name);
const budgets = readBudgets(names);

test.each(CASES.map((one) => [one.name, one] as const))("%s keeps its budget", async (name, { values, run }) => {
  budgets.hold(name, await run(), values);
});

test.skipIf(budgets.isRenewal)("each budget is of a case", () => {
  expect(budgets.names.sort()).toEqual(names.sort());
});
