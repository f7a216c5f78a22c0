/**
 * Runs the contenders of a job in rounds, one after the other within each, beginning with another one each time: what
 * slows the machine down for a while then slows all of them. Warm-up rounds come first; their answers are compared.
 *
 * @returns times in ms by contender, ratios by round, and what disagreed
 */
export async function measure(job, rounds) {
  await job.prepare?.();
  const contenders = job.contenders();
  const names = contenders.map(({ name }) => name);
  const times = new Map(names.map((name) => [name, []]));
  const answers = new Map();
  const disagreements = [];
  const warmups = job.warmups ?? 1;
  for (let round = -warmups; round < rounds * (job.roundsFactor ?? 1); round++) {
    for (let i = 0; i < contenders.length; i++) {
      const { name, run } = contenders[(i + Math.max(0, round)) % contenders.length];
      if (round === -1) job.beforeCheck?.(name);
      const answer = await run();
      if (round === -1) {
        answers.set(name, answer);
        disagreements.push(...(job.check?.(name, answer) ?? []));
      }
      job.settle?.();
      if (round >= 0) times.get(name).push(answer.ms);
    }
  }
  disagreements.push(...(job.compare?.(answers) ?? []));
  return {
    name: job.name,
    about: job.about,
    values: job.values,
    payloadBytes: job.payloadBytes,
    movedBytesPerValue: job.movedBytesPerValue,
    contenders: contenders.map(({ name, ...facts }) => contenderResult(name, facts, times.get(name), job)),
    ratios: job
      .ratios()
      .filter(({ of, to }) => times.has(of) && times.has(to))
      .map((ratio) => ratioResult(ratio, times)),
    limits: (job.limits?.() ?? [])
      .filter(({ of }) => times.has(of))
      .map((limit) => ({ ...limit, holds: spreadOf(times.get(limit.of)).median <= limit.atMostMs })),
    disagreements,
  };
}

function contenderResult(name, { payloadBytes }, ms, job) {
  const spread = spreadOf(ms);
  const payload = payloadBytes ?? job.payloadBytes;
  const perSecond = (bytes) => bytes / spread.median / 1e6;
  return {
    name,
    ms: spread,
    payloadGBs: payload === undefined ? null : perSecond(payload),
    movedGBs: job.movedBytesPerValue === undefined ? null : perSecond(job.values * job.movedBytesPerValue),
  };
}

/** How many times as fast `of` is as `to`: the median of the rounds' own ratios. */
function ratioResult(ratio, times) {
  const spread = spreadOf(times.get(ratio.of).map((ms, round) => times.get(ratio.to)[round] / ms));
  return { ...ratio, ...spread, ...(ratio.atLeast === undefined ? {} : { holds: spread.median >= ratio.atLeast }) };
}

function spreadOf(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}
