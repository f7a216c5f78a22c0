import type { Finding, Report } from "@normstream/report/payload";
import type { VNode } from "preact";

const SHOWN = 3;
const WORD = { error: "Error", warning: "Warning", note: "Note" } as const;

/** What the linter found: before everything else, because it may make everything else wrong. */
export function FindingsView({ report }: { readonly report: Report }): VNode | null {
  const { findings } = report;
  if (findings.length === 0) return null;
  const rest = findings.slice(SHOWN);
  return (
    <section class="findings" aria-label="Warnings">
      <ul>{findings.slice(0, SHOWN).map(item)}</ul>
      {rest.length > 0 && (
        <details>
          <summary>
            {rest.length} more {rest.length === 1 ? "finding" : "findings"}
          </summary>
          <ul>{rest.map(item)}</ul>
        </details>
      )}
    </section>
  );
}

const item = (finding: Finding): VNode => (
  <li key={finding.code} data-severity={finding.severity}>
    <p>
      <strong>
        <span class="severity">{WORD[finding.severity]}</span> {finding.title}
      </strong>
    </p>
    <p>{finding.evidence}</p>
    <p class="muted">{finding.advice}</p>
  </li>
);
