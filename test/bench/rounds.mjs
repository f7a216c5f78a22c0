import { disagreement, EXACT_ENOUGH, errorOf } from "./answers.mjs";

/**
 * Runs the contenders of a job in rounds, one after the other within each, beginning with another one each time: what
 * slows the machine down for a while then slows all of them. Warm-up rounds come first; their answers are held against
 * the job's reference.
 *
 * @returns times in ms, error and speed beside ours by contender, ratios by round, and what disagreed
 */
export async function measure(job, rounds) {
  await job.prepare?.();
  const contenders = job.contenders();
  const times = new Map(contenders.map(({ name }) => [name, []]));
  const answers = new Map();
  const warmups = job.warmups ?? 1;
  for (let round = -warmups; round < rounds * (job.roundsFactor ?? 1); round++) {
    for (let i = 0; i < contenders.length; i++) {
      const { name, run, before } = contenders[(i + Math.max(0, round)) % contenders.length];
      if (round === -1) job.beforeCheck?.();
      await before?.();
      const answer = await run();
      if (round === -1) answers.set(name, { ...answer, ...job.written?.() });
      job.settle?.();
      if (round >= 0) times.get(name).push(answer.ms);
    }
  }
  const common = contenders.length > 0 ? job.reference?.() : undefined;
  const references = contenders.map(({ reference }) => reference?.() ?? common);
  const results = contenders.map((contender, i) => {
    const error = errorOf(answers.get(contender.name), references[i]);
    return contenderResult(contender, times, error, job);
  });
  await job.finish?.();
  return {
    name: job.name,
    group: job.group,
    about: job.about,
    values: job.values,
    payloadBytes: job.payloadBytes,
    movedBytesPerValue: job.movedBytesPerValue,
    contenders: results,
    ratios: job.ratios().flatMap((ratio) => ratioResult(ratio, results, times)),
    disagreements: contenders.flatMap(({ name, tolerance }, i) => disagreement(name, results[i].error, references[i], tolerance)),
    skipped: job.skipped?.() ?? [],
  };
}

function contenderResult({ name, payloadBytes, beside, sameWork = true }, times, error, job) {
  const ms = spreadOf(times.get(name));
  const payload = payloadBytes ?? job.payloadBytes;
  const perSecond = (bytes) => bytes / ms.median / 1e6;
  const ours = beside ?? job.ours;
  return {
    name,
    ms,
    payloadBytes: payload ?? null,
    payloadGBs: payload === undefined ? null : perSecond(payload),
    movedGBs: job.movedBytesPerValue === undefined ? null : perSecond(job.values * job.movedBytesPerValue),
    error,
    sameWork,
    beside: times.has(ours) ? ours : null,
    speed: times.has(ours) ? factorsOf(times.get(ours), times.get(name)) : null,
  };
}

/**
 * A ratio of the same rounds: how many times as fast `of` is as `to`, or with `atMost` how many times as long it takes. Where `to` is
 * a list, the fastest of them counts whose answer is exact enough; with `perByte`, times are divided by each one's payload.
 *
 * @returns nothing where one of them is missing
 */
function ratioResult({ of, to, atLeast, atMost, perByte = false }, results, times) {
  const rival = Array.isArray(to) ? fastestExact(to, results) : results.find(({ name }) => name === to);
  const own = results.find(({ name }) => name === of);
  if (!own || !rival) return [];
  const weight = perByte ? rival.payloadBytes / own.payloadBytes : 1;
  const factors =
    atMost === undefined
      ? factorsOf(times.get(rival.name), times.get(of), 1 / weight)
      : factorsOf(times.get(of), times.get(rival.name), weight);
  const bar = atMost === undefined ? { atLeast } : { atMost };
  const holds = atMost === undefined ? factors.median >= atLeast : factors.median <= atMost;
  const isJudged = (atLeast ?? atMost) !== undefined;
  return [{ of, to: rival.name, ...factors, perByte, ...(isJudged ? { ...bar, holds } : {}) }];
}

function fastestExact(names, results) {
  const exact = results.filter(({ name, error }) => names.includes(name) && error !== null && error <= EXACT_ENOUGH);
  return exact.reduce((best, each) => (best && best.ms.median <= each.ms.median ? best : each), undefined);
}

/** Round by round, what a list of times is of another one. */
const factorsOf = (times, others, weight = 1) => spreadOf(times.map((ms, round) => (weight * ms) / others[round]));

function spreadOf(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}
