import { adaptiveStylesheet } from "@normstream/report/charts";

const FONT =
  'var(--vscode-font-family, system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif)';

/** Everything that the page looks like. It lives in a shadow root, so that names can be short. */
export const pageStyles: string = `
:host { display: block; }
${adaptiveStylesheet(".normstream")}
.normstream {
  container-type: inline-size;
  color: var(--ns-ink);
  background: var(--ns-background);
  font: 14px/1.5 ${FONT};
  font-variant-numeric: tabular-nums;
  text-align: start;
  color-scheme: light dark;
}
.normstream[data-theme="light"], .normstream[data-theme="contrast-light"] { color-scheme: light; }
.normstream[data-theme="dark"], .normstream[data-theme="contrast"] { color-scheme: dark; }
.body { box-sizing: border-box; max-width: 1600px; margin: 0 auto; padding: 24px clamp(12px, 3cqi, 40px) 40px; }
.body *, .body *::before { box-sizing: border-box; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1, h2, p, ul, dl, dd { margin: 0; padding: 0; }
ul { list-style: none; }
.muted { color: var(--ns-muted); }

.head { display: flex; flex-wrap: wrap; align-items: baseline; gap: 8px 28px; padding-bottom: 16px; }
.head h1 { font-size: 18px; line-height: 1.3; font-weight: 600; overflow-wrap: anywhere; }
.progress { display: flex; align-items: center; align-self: center; gap: 10px; height: 21px; font-weight: 600; }
progress { appearance: none; width: 120px; height: 6px; border: 0; border-radius: 3px; overflow: hidden; background: var(--ns-grid); }
progress::-webkit-progress-bar { background: var(--ns-grid); }
progress::-webkit-progress-value { background: var(--ns-bn); }
progress::-moz-progress-bar { background: var(--ns-bn); }
.facts { display: flex; flex-wrap: wrap; gap: 4px 24px; }
.facts div { display: flex; gap: 6px; }
.facts dt { color: var(--ns-muted); }
.facts dd { font-weight: 500; overflow-wrap: anywhere; }

.findings { border-inline-start: 3px solid var(--ns-warning); background: var(--ns-panel); padding: 12px 16px; margin-bottom: 16px; border-radius: 0 6px 6px 0; }
.findings li + li { margin-top: 10px; }
.findings details { margin-top: 10px; }
.findings summary { cursor: pointer; width: fit-content; }
.severity { color: var(--ns-warning); margin-inline-end: 4px; }
[data-severity="note"] .severity { color: var(--ns-muted); }

.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 20px; padding: 10px 0; background: var(--ns-background); border-bottom: 1px solid var(--ns-grid); }
.toolbar label { display: flex; align-items: center; gap: 8px; color: var(--ns-muted); }
button, select, input { font: inherit; color: var(--ns-ink); background: var(--ns-background); border: 1px solid var(--ns-axis); border-radius: 6px; padding: 3px 10px; min-height: 30px; margin: 0; }
button { cursor: pointer; }
button:hover { background: var(--ns-panel); }
input[type="number"] { width: 84px; }
:focus-visible { outline: 2px solid var(--ns-focus); outline-offset: 2px; border-radius: 4px; }
.norms { display: inline-flex; }
.norms button { border-radius: 0; margin-inline-start: -1px; min-width: 46px; font-weight: 600; color: var(--ns-ink); }
.norms button:first-child { border-radius: 6px 0 0 6px; margin-inline-start: 0; }
.norms button:last-child { border-radius: 0 6px 6px 0; }
.norms button:focus-visible { z-index: 1; position: relative; }
.norms button.bn { --own: var(--ns-bn); } .norms button.in { --own: var(--ns-in); }
.norms button.gn { --own: var(--ns-gn); } .norms button.ln { --own: var(--ns-ln); }
.norms button[aria-checked="true"] { background: var(--own); color: var(--ns-background); border-color: var(--own); text-decoration: underline; text-underline-offset: 4px; }

.grid { display: grid; grid-template-columns: minmax(0, 1fr); gap: 36px 32px; padding-top: 24px; }
.panel { min-width: 0; }
.panel > header { position: relative; display: flex; align-items: center; justify-content: space-between; gap: 12px; min-height: 32px; }
.panel > header .notice { flex: 1; min-width: 0; color: var(--ns-warning); font-size: 13px; line-height: 1.3; text-align: end; }
.panel h2 { font-size: 16px; line-height: 1.35; font-weight: 600; }
.panel > .muted { margin-bottom: 10px; max-width: 92ch; }
.controls { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 20px; margin-bottom: 4px; }
.controls .refusal { color: var(--ns-warning); font-size: 13px; }
.controls label { color: var(--ns-muted); }
.picture { position: relative; margin-top: 6px; }
.picture .chart { position: absolute; inset: 0; contain: layout size style; user-select: none; -webkit-user-select: none; }
.chart > svg { display: block; position: relative; }
.chart > svg.frame { position: absolute; inset: 0 auto auto 0; pointer-events: none; will-change: transform; }
.chart > canvas { position: absolute; inset: 0; z-index: 1; pointer-events: none; }
.actions { display: flex; gap: 2px; position: absolute; inset-inline-end: 0; top: 0; background: var(--ns-background); opacity: 0; transition: opacity 0.15s; }
.panel:hover > header .actions, .panel:focus-within > header .actions { opacity: 1; }
.actions button { border-color: transparent; background: transparent; color: var(--ns-muted); padding: 2px 8px; min-height: 28px; font-size: 13px; }
.actions button:hover { color: var(--ns-ink); background: var(--ns-panel); }
.actions button[aria-pressed="true"] { color: var(--ns-ink); border-color: var(--ns-axis); }

.verdict > header { margin-bottom: 4px; }
.verdict h2 { font-size: 28px; line-height: 1.2; font-weight: 600; text-wrap: balance; letter-spacing: -0.01em; }
.verdict ul { margin-top: 16px; display: grid; gap: 10px; font-size: 15px; }
.verdict > p { margin-top: 12px; max-width: 70ch; }
.verdict .certainty { display: inline-flex; align-items: center; gap: 8px; margin: 0; padding: 1px 10px; border: 1px solid var(--ns-axis); border-radius: 99px; font-size: 13px; color: var(--ns-muted); }
.certainty::before { content: ""; width: 8px; height: 8px; border-radius: 50%; border: 2px solid currentColor; }
.certainty[data-certainty="sure"]::before { background: currentColor; }
.certainty[data-certainty="likely"]::before { background: linear-gradient(90deg, currentColor 50%, transparent 50%); }

.figures { position: relative; height: 220px; margin-top: 16px; }
.memory { width: auto; margin-top: 20px; font-size: 13px; }
.memory th, .memory td { position: static; background: none; border: 0; padding: 2px 0 2px clamp(8px, 2cqi, 20px); font-weight: 400; vertical-align: baseline; }
.memory th:first-child { padding-inline-start: 0; color: var(--ns-muted); white-space: normal; }
.memory thead th:not(:first-child) { font-weight: 600; }
.memory .number { text-align: end; }
.memory .bn { color: var(--ns-bn); } .memory .in { color: var(--ns-in); }
.memory .gn { color: var(--ns-gn); } .memory .ln { color: var(--ns-ln); }

.table { position: absolute; inset: 0; overflow: auto; border: 1px solid var(--ns-grid); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th { position: sticky; top: 0; background: var(--ns-panel); font-weight: 600; text-align: start; }
th, td { padding: 4px 12px; border-bottom: 1px solid var(--ns-grid); white-space: nowrap; }
td.number { text-align: end; }
.table p { padding: 8px 12px; }
details.run > summary { cursor: pointer; font-size: 16px; font-weight: 600; width: fit-content; }
[data-channel], [data-norm], [data-instance], [data-batch-size] { cursor: pointer; }

@container (min-width: 700px) {
  .toolbar { position: sticky; top: 0; z-index: 2; }
  .grid { grid-template-columns: repeat(6, minmax(0, 1fr)); }
  .panel { grid-column: span 6; }
  .panel.noise, .panel.gap, .panel.convergence, .panel.timeline { grid-column: span 3; }
}
@container (min-width: 1200px) {
  .grid { grid-template-columns: repeat(12, minmax(0, 1fr)); }
  .panel { grid-column: span 12; }
  .panel.verdict { grid-column: span 5; }
  .panel.cubes { grid-column: span 7; }
  .panel.histograms { grid-column: span 4; }
  .panel.maps { grid-column: span 8; }
  .panel.noise, .panel.gap, .panel.instances { grid-column: span 4; }
  .panel.convergence, .panel.timeline { grid-column: span 6; }
}
@media (hover: none) { .actions { position: static; opacity: 1; } }
@media (prefers-reduced-motion: reduce) { .actions { transition: none; } }
@media (forced-colors: active) {
  .actions { position: static; opacity: 1; }
  .norms button[aria-checked="true"] { forced-color-adjust: none; background: Highlight; color: HighlightText; border-color: Highlight; }
}
`;
