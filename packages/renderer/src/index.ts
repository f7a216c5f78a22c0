import type { Report } from "@normstream/report/payload";
import { h, render } from "preact";
import { type Asking, NO_NOTICES } from "./asking/notices.js";
import { ReportContext, type ViewContext } from "./context.js";
import { progressText } from "./facts.jsx";
import { keepKey } from "./keys.js";
import { createStore, type Selection, type Store } from "./store.js";
import { pageStyles } from "./styles.js";
import { pageTheme, type ThemeChoice, watchPageTheme } from "./theme.js";
import { ReportView } from "./view.jsx";

export { decodeReport } from "@normstream/report/payload";
export type { Asking } from "./asking/notices.js";
export type { ReportSource } from "./asking/report-source.js";
export type { Selection } from "./store.js";
export type { ThemeChoice } from "./theme.js";

export interface RenderOptions {
  /** Default: VS Code's where it is one, else the system's; followed. */
  readonly theme?: ThemeChoice;
  /** What was selected when the report was seen before. */
  readonly selection?: Partial<Selection>;
  /** Called when the fixed selection changes: keep it by the report's id, and give it back as `selection`. */
  readonly onSelection?: (selection: Selection) => void;
  /** Asks for more of the data than the report holds, where somebody can be asked: see `createAsking`. */
  readonly asking?: (onChange: () => void) => Asking;
}

/** A report on the page, until it is disposed of. */
export interface RenderedReport extends Disposable {
  /** Shows another state of the report in the same place: nothing moves, what the reader selected stays. */
  update(report: Report): void;
}

const ANNOUNCE_MS = 5000;

/**
 * Shows a report in an element, in a shadow root of its own: the page's styles do not reach in, and none of it reaches out.
 * No network is used.
 *
 * @param report as `decodeReport` gives it
 */
export function renderReport(element: HTMLElement, report: Report, options: RenderOptions = {}): RenderedReport {
  const shadow = element.shadowRoot ?? element.attachShadow({ mode: "open" });
  const styles = new CSSStyleSheet();
  styles.replaceSync(pageStyles);
  shadow.adoptedStyleSheets = [styles];
  const root = document.createElement("div");
  root.className = "normstream";
  root.lang = "en";
  const live = document.createElement("div");
  live.className = "unseen";
  live.setAttribute("role", "status");
  const body = document.createElement("div");
  body.className = "body";
  root.append(live, body);
  shadow.replaceChildren(root);

  let theme: ThemeChoice = options.theme ?? pageTheme();
  const applyTheme = (chosen: ThemeChoice): void => {
    theme = chosen;
    if (chosen === "auto") delete root.dataset.theme;
    else root.dataset.theme = chosen;
  };
  applyTheme(theme);
  const stopTheme = options.theme === undefined ? watchPageTheme(applyTheme) : () => {};

  root.addEventListener("keydown", keepKey);
  const announcer = createAnnouncer(live);
  let shown = report;
  let store = createStore(report, options.selection);

  const show = (): void => {
    const extended = asking?.extended(shown) ?? shown;
    const context: ViewContext = {
      ...{ report: extended, store, theme: () => theme, announce: announcer.say },
      ...{ source: asking?.source ?? null, notices: asking?.notices ?? NO_NOTICES },
    };
    render(h(ReportContext.Provider, { value: context, children: h(ReportView, {}) }), body);
  };
  const asking: Asking | null = options.asking?.(show) ?? null;
  const onFixed = (selection: Selection): void => {
    asking?.look(shown, selection);
    options.onSelection?.(selection);
  };
  let stopStore = watchSelection(store, onFixed);
  asking?.look(shown, store.fixed);
  show();

  return {
    update(next) {
      const isSameData = next.id === shown.id || next.progress !== null || shown.progress !== null;
      shown = next;
      const kept = isSameData ? store.chosen : undefined;
      stopStore();
      store = createStore(next, kept);
      stopStore = watchSelection(store, onFixed);
      asking?.look(shown, store.fixed);
      show();
      if (next.progress) announcer.say(progressText(next.progress));
    },
    [Symbol.dispose]() {
      stopStore();
      asking?.stop();
      stopTheme();
      announcer.stop();
      render(null, body);
      shadow.replaceChildren();
    },
  };
}

function watchSelection(store: Store, callback: (selection: Selection) => void): () => void {
  let last = store.fixed;
  return store.subscribe(() => {
    if (store.fixed === last) return;
    last = store.fixed;
    callback(last);
  });
}

/** Writes into a live region at most once in 5 s: the last that was said. */
function createAnnouncer(region: HTMLElement): { say(text: string): void; stop(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let next = "";
  let lastAt = Number.NEGATIVE_INFINITY;
  return {
    say(text) {
      next = text;
      if (timer !== undefined) return;
      timer = setTimeout(
        () => {
          timer = undefined;
          lastAt = performance.now();
          region.textContent = next;
        },
        Math.max(100, lastAt + ANNOUNCE_MS - performance.now()),
      );
    },
    stop: () => clearTimeout(timer),
  };
}
