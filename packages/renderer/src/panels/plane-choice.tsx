import type { PlaneValues } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ReportSource } from "../asking/report-source.js";
import { useReport, useSelection } from "../context.js";
import { saveBlob } from "../export-file.js";

/** Any sample's plane, where there is somebody to ask for it: to look at, and its values as a file. */
export function PlaneChoice({ source }: { readonly source: ReportSource }): VNode {
  const { report, store, announce } = useReport();
  const { instance, channel } = useSelection();
  const [refusal, setRefusal] = useState<string | null>(null);
  const { samples } = report.tensor;
  const choose = (wanted: number): void => {
    if (Number.isFinite(wanted)) store.fix({ instance: Math.max(0, Math.min(samples - 1, Math.round(wanted))) });
  };
  const save = async (): Promise<void> => {
    try {
      const values = await source.values(instance, channel);
      setRefusal(null);
      saveBlob(new Blob([valuesText(values)], { type: "text/csv" }), `${report.title}-sample-${instance}-channel-${channel}.csv`);
    } catch (error) {
      setRefusal((error as Error).message);
      announce((error as Error).message);
    }
  };
  return (
    <>
      <label>
        Sample
        <input
          type="number"
          min={0}
          max={samples - 1}
          value={instance}
          onChange={(event) => choose(event.currentTarget.valueAsNumber)}
        />
      </label>
      <button type="button" onClick={() => void save()}>
        Save its values
      </button>
      {refusal && <span class="refusal">{refusal}</span>}
    </>
  );
}

/** Rows of a plane; of a long one its first values. */
function valuesText({ values, width, count }: PlaneValues): string {
  const rows: string[] = [];
  for (let at = 0; at < values.length; at += width) rows.push(Array.from(values.subarray(at, at + width), String).join(","));
  const rest = count > values.length ? [`# ${values.length} of ${count} values`] : [];
  return `${[...rows, ...rest].join("\r\n")}\r\n`;
}
