import { NORMS } from "@normstream/report/charts";
import { REPORT_NORMS, type Report, USES, type Use } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useRef } from "preact/hooks";
import { useReport, useSelection } from "./context.js";
import { isAlone, movedIndex } from "./keys.js";
import { momentaWith, momentumText } from "./momenta.js";

const USE_TEXT: Readonly<Record<Use, string>> = {
  classification: "classification",
  detection: "detection",
  style: "style transfer",
  generation: "generation",
};

const AVERAGE = "average";

/** The selection that all views share. */
export function Toolbar(): VNode {
  const { report, store } = useReport();
  const { channel, batchSize, momentum, use } = useSelection();
  return (
    <form class="toolbar" aria-label="What is shown" onSubmit={(event) => event.preventDefault()}>
      <NormChoice />
      <label>
        Use
        <select value={use} onChange={(event) => store.fix({ use: event.currentTarget.value as Use })}>
          {USES.map((name) => (
            <option key={name} value={name}>
              {USE_TEXT[name]}
            </option>
          ))}
        </select>
      </label>
      <label>
        Batch size
        <select value={String(batchSize)} onChange={(event) => store.fix({ batchSize: Number(event.currentTarget.value) })}>
          {batchSizesOf(report, batchSize).map((size) => (
            <option key={size} value={String(size)}>
              {size}
            </option>
          ))}
        </select>
      </label>
      <label>
        Momentum
        <select
          value={momentum === null ? AVERAGE : String(momentum)}
          onChange={({ currentTarget: { value } }) => store.fix({ momentum: value === AVERAGE ? null : Number(value) })}
        >
          {momentaWith(momentum).map((value) => (
            <option key={value} value={value === null ? AVERAGE : String(value)}>
              {momentumText(value)}
            </option>
          ))}
        </select>
      </label>
      <label>
        Channel
        <input
          type="number"
          min={0}
          max={Math.max(0, report.tensor.channels - 1)}
          value={channel}
          onChange={(event) => {
            const wanted = Number(event.currentTarget.value);
            store.fix({ channel: nearestChannel(report, wanted) });
            event.currentTarget.value = String(store.fixed.channel);
          }}
        />
      </label>
      <button type="button" onClick={() => store.reset()}>
        Reset
      </button>
    </form>
  );
}

/** Four norms as radio buttons: one Tab stop, arrows choose. */
function NormChoice(): VNode {
  const { store } = useReport();
  const { norm } = useSelection();
  const group = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = isAlone(event) ? movedIndex(event.key, REPORT_NORMS.indexOf(norm), REPORT_NORMS.length) : null;
    if (to === null) return;
    event.preventDefault();
    store.fix({ norm: REPORT_NORMS[to] ?? norm });
    group.current?.querySelectorAll("button")[to]?.focus();
  };
  return (
    <div class="norms" role="radiogroup" aria-label="Norm" ref={group} onKeyDown={onKeyDown}>
      {REPORT_NORMS.map((name) => (
        // biome-ignore lint/a11y/useSemanticElements: four labels side by side, which a radio input does not draw
        <button
          key={name}
          type="button"
          role="radio"
          class={NORMS[name].color}
          aria-checked={name === norm}
          aria-label={NORMS[name].title}
          title={NORMS[name].title}
          tabIndex={name === norm ? 0 : -1}
          onClick={() => store.fix({ norm: name })}
        >
          {NORMS[name].letters}
        </button>
      ))}
    </div>
  );
}

function batchSizesOf({ noise, tensor }: Report, current: number): number[] {
  const powers = Array.from({ length: 14 }, (_, i) => 2 ** i).filter((size) => size <= tensor.samples);
  const known = "absent" in noise ? powers : [...noise.batchSizes];
  return [...new Set([...known, current])].sort((a, b) => a - b);
}

/** The channel of the report that is nearest to a number that somebody typed. */
function nearestChannel({ channels }: Report, wanted: number): number {
  const index = [...channels.index];
  if (!Number.isFinite(wanted)) return index[0] ?? 0;
  return index.reduce((best, channel) => (Math.abs(channel - wanted) < Math.abs(best - wanted) ? channel : best), index[0] ?? 0);
}
