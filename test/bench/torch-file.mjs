import { syncFile } from "./data.mjs";
import { fastestWay, placeOf } from "./file-input.mjs";

/** Float32 sums. */
const ROUGH = 1e-3;

/** PyTorch's loops over the file: the fastest of those in float64, and of those in float32, which lose digits. */
export async function torchStatistics(setting, input) {
  const { torchFile: torch } = setting.peers;
  if (!torch) return [];
  const ask = (way) => torch.ask("stats", way, ...placeOf(setting), input);
  const { exact, rough } = (await torch.ask("variants")).stats;
  const exactWay = await fastestWay(setting.size, exact, ask);
  const roughWay = await fastestWay(setting.size, rough, ask);
  return [
    { name: `PyTorch, ${exactWay}`, run: () => ask(exactWay) },
    { name: `PyTorch, ${roughWay}`, sameWork: false, tolerance: ROUGH, run: () => ask(roughWay) },
  ];
}

/** PyTorch's fastest ways: of its statistics in float64, which it then keeps, and of normalizing. */
export async function torchNormalize(setting, input, output) {
  const { torchFile: torch } = setting.peers;
  if (!torch) return undefined;
  const { stats, normalize } = await torch.ask("variants");
  const statsWay = await fastestWay(setting.size, stats.exact, (way) => torch.ask("stats", way, ...placeOf(setting), input));
  const way = await fastestWay(setting.size, normalize, async (name) => {
    const answer = await torch.ask("normalize", name, ...placeOf(setting), input, output);
    syncFile(output);
    return answer;
  });
  return { name: `PyTorch, ${way}`, way, statsWay };
}
