import { byteText, NORMS } from "@normstream/report/charts";
import { type Certainty, normMemory, REPORT_NORMS, type Report, type Verdict, verdictAt } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useMemo, useState } from "preact/hooks";
import { useReport, useSelection } from "./context.js";
import { type DataTable, DataTableView } from "./data-table.jsx";
import { saveFile } from "./export-file.js";
import { Actions } from "./panel.jsx";
import { fileTheme } from "./theme.js";

const CERTAINTY: Readonly<Record<Certainty, string>> = {
  sure: "The figures lie clearly on one side of the thresholds.",
  likely: "The figures lean to one side of the thresholds.",
  undecided: "The figures do not tell the norms apart.",
};

const TITLE = "The verdict";

/** What to use on this data at the chosen settings, the measured reasons, and what each norm takes of memory. */
export function VerdictView(): VNode {
  const { report, theme } = useReport();
  const { use, batchSize, momentum } = useSelection();
  const verdict = useMemo(() => verdictAt(report, { use, batchSize, momentum }), [report, use, batchSize, momentum]);
  const [showsTable, setShowsTable] = useState(false);
  const table = (): DataTable => verdictTable(report, verdict);
  const onSave = (): void => {
    const heading = { title: TITLE };
    void saveFile("csv", `${report.title}-verdict`, null, table(), heading, fileTheme(theme()));
  };
  return (
    <section class="panel verdict" aria-labelledby="ns-verdict">
      <header>
        {verdict ? (
          <p class="certainty" data-certainty={verdict.certainty} title={CERTAINTY[verdict.certainty]}>
            {verdict.certainty}
          </p>
        ) : (
          <span />
        )}
        <Actions
          title={TITLE}
          kinds={["csv"]}
          showsTable={showsTable}
          onTable={() => setShowsTable(!showsTable)}
          onSave={onSave}
        />
      </header>
      <h2 id="ns-verdict">{verdict ? verdict.headline : report.progress ? "No verdict yet" : "No verdict"}</h2>
      {showsTable ? (
        <div class="figures">
          <DataTableView table={table()} label={TITLE} />
        </div>
      ) : (
        <Reasons verdict={verdict} report={report} />
      )}
      <MemoryView report={report} batchSize={batchSize} />
    </section>
  );
}

function Reasons({ verdict, report }: { readonly verdict: Verdict | null; readonly report: Report }): VNode {
  const { progress } = report;
  if (!verdict) {
    return <p>{progress ? `${progress.samples} samples read; a verdict needs 64.` : "This data gives nothing to judge by."}</p>;
  }
  return (
    <>
      <ul>
        {verdict.reasons.map((reason) => (
          <li key={reason}>{unbroken(reason)}</li>
        ))}
      </ul>
      {verdict.caution !== "" && <p class="muted">{verdict.caution}</p>}
    </>
  );
}

/** A sentence whose figures are not torn from their units at the end of a line. */
const unbroken = (text: string): string => text.replace(/ (= |σ|%)/g, (unit) => unit.replaceAll(" ", "\u00a0"));

const SENSES = [
  ["saved", "Saved for backward"],
  ["lasting", "Lasting state"],
  ["beforeFirstOutput", "Before the first output"],
] as const;

/** The memory of each norm in its three senses: "instance norm takes less" is true of the last and false of the first. */
function MemoryView({ report, batchSize }: { readonly report: Report; readonly batchSize: number }): VNode {
  const { channels, planeSize } = report.tensor;
  const memory = normMemory({ batchSize, channels, planeSize, valueBytes: report.memory.valueBytes });
  return (
    <table class="memory">
      <thead>
        <tr>
          <th scope="col">Memory at B = {batchSize}</th>
          {REPORT_NORMS.map((norm) => (
            <th key={norm} scope="col" class={`number ${NORMS[norm].color}`} title={NORMS[norm].title}>
              {NORMS[norm].letters}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {SENSES.map(([sense, name]) => (
          <tr key={sense}>
            <th scope="row">{name}</th>
            {REPORT_NORMS.map((norm) => (
              <td key={norm} class="number">
                {memory[sense][norm] === 0 ? "–" : byteText(memory[sense][norm])}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function verdictTable({ tensor, memory }: Report, verdict: Verdict | null): DataTable {
  const columns = ["figure", "value"];
  if (!verdict) return { columns, rows: [] };
  const { figures, norms, certainty, use, batchSize, momentum } = verdict;
  const told = (value: number | null): string | number => value ?? "not known";
  const bytes = normMemory({ batchSize, channels: tensor.channels, planeSize: tensor.planeSize, valueBytes: memory.valueBytes });
  return {
    columns,
    rows: [
      ["norms", norms.map((norm) => NORMS[norm].letters).join(" or ")],
      ["certainty", certainty],
      ["use", use],
      ["batch size", batchSize],
      ["momentum", momentum ?? "cumulative average"],
      ["J, σ", told(figures.j)],
      ["J, 95 % from, σ", told(figures.jLow)],
      ["J, 95 % to, σ", told(figures.jHigh)],
      ["share of channels that agree", told(figures.agreement)],
      ["η, noise of a batch's mean, σ", told(figures.eta)],
      ["q, noise of a batch's variance, σ²", told(figures.q)],
      ["ρ, share of variance between instances", told(figures.between)],
      ["share of it that classes explain", told(figures.classShare)],
      ["G, gap that stays, σ", told(figures.gap)],
      ["consecutive batches ÷ shuffled ones", told(figures.order)],
      ...SENSES.flatMap(([sense, name]) =>
        REPORT_NORMS.map((norm): [string, number] => [`${name}, ${NORMS[norm].letters}, bytes`, bytes[sense][norm]]),
      ),
    ],
  };
}
