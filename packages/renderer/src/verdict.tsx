import type { Certainty, Report } from "@normstream/report/payload";
import type { VNode } from "preact";

const CERTAINTY: Readonly<Record<Certainty, string>> = {
  sure: "The figures lie clearly on one side of the thresholds.",
  likely: "The figures lean to one side of the thresholds.",
  undecided: "The figures do not tell the norms apart.",
};

/** What to use on this data, and the measured reasons. */
export function VerdictView({ report }: { readonly report: Report }): VNode {
  const { verdict, progress } = report;
  return (
    <section class="panel verdict" aria-labelledby="ns-verdict">
      {verdict ? (
        <>
          <p class="certainty" data-certainty={verdict.certainty} title={CERTAINTY[verdict.certainty]}>
            {verdict.certainty}
          </p>
          <h2 id="ns-verdict">{verdict.headline}</h2>
          <ul>
            {verdict.reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
          {verdict.impossible.length > 0 && <p>{verdict.impossible.map(({ why }) => why).join(" ")}</p>}
          {verdict.caution !== "" && <p class="muted">{verdict.caution}</p>}
        </>
      ) : (
        <>
          <h2 id="ns-verdict">{progress ? "No verdict yet" : "No verdict"}</h2>
          <p>{progress ? `${progress.samples} samples read; a verdict needs 64.` : "This data gives nothing to judge by."}</p>
        </>
      )}
    </section>
  );
}
