import { type Chart, type ChartSize, chartMark } from "@normstream/report/charts";
import type { ComponentChildren, VNode } from "preact";
import { useMemo, useRef, useState } from "preact/hooks";
import { useReport } from "./context.js";
import { type DataTable, DataTableView } from "./data-table.jsx";
import { useWidth } from "./element-width.js";
import { type FileKind, saveFile } from "./export-file.js";
import { isAlone, movedIndex } from "./keys.js";
import { markView } from "./mark-view.jsx";
import { pointedPart } from "./pointed.js";
import type { Selection } from "./store.js";
import { fileTheme } from "./theme.js";

export interface PanelProps {
  /** Stands in the element's id and its class. */
  readonly name: string;
  readonly title: string;
  /** One sentence under the title: how to read the picture. */
  readonly caption?: string;
  /** Px, by the panel's width: fixed, so that an update never moves the page. */
  readonly height: (width: number) => number;
  readonly draw: (size: ChartSize) => Chart;
  /** What `draw` depends on beside the size. */
  readonly inputs: readonly unknown[];
  readonly table: () => DataTable;
  /** What a place means that no mark names; px from the chart's top left. */
  readonly locate?: (x: number, y: number, size: ChartSize) => Partial<Selection> | null;
  /** A pointer that is pressed and moved; gives whether it was taken. */
  readonly drag?: (phase: "start" | "move" | "end", x: number, y: number, size: ChartSize) => boolean;
  /** What a key moves to, from what is shown. */
  readonly step?: (key: string, from: Selection) => Partial<Selection> | null;
  /** A sentence on the selection, for screen readers. */
  readonly describe?: (selection: Selection) => string;
  /** What is saved where that is not the picture as it stands: one with pixels in it that the page paints over it. */
  readonly drawFile?: (size: ChartSize) => Chart;
  /** Stands over the chart's marks. */
  readonly over?: (size: ChartSize) => ComponentChildren;
  /** What is said in the place of something that is not there. */
  readonly notice?: string | null;
  /** Stands between caption and chart. */
  readonly controls?: ComponentChildren | ((width: number) => ComponentChildren);
}

/** One view: heading, picture, and the same as a table and as files. The picture takes one Tab stop, its actions one. */
export function Panel(props: PanelProps): VNode {
  const { name, title, caption } = props;
  const { report, store, theme, announce } = useReport();
  const { ref, width } = useWidth<HTMLDivElement>();
  const [showsTable, setShowsTable] = useState(false);
  const size = { width, height: props.height(width) };
  const chart = useMemo(() => (width > 0 ? props.draw(size) : null), [width, size.height, ...props.inputs]);
  // The same elements while the chart is the same: a selection that does not concern it costs nothing.
  const picture = useMemo(() => chart && markView(chartMark(chart)), [chart]);
  const id = `ns-${name}`;

  const dragging = useRef(false);
  const placeOf = (event: PointerEvent | MouseEvent): [x: number, y: number] => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const partAt = (event: PointerEvent | MouseEvent): Partial<Selection> | null =>
    pointedPart(event.target) ?? props.locate?.(...placeOf(event), size) ?? null;
  const onPointerDown = (event: PointerEvent): void => {
    dragging.current = props.drag?.("start", ...placeOf(event), size) ?? false;
    if (dragging.current) (event.currentTarget as Element).setPointerCapture(event.pointerId);
  };
  const onPointerUp = (event: PointerEvent): void => {
    if (dragging.current) props.drag?.("end", ...placeOf(event), size);
    dragging.current = false;
  };
  const onPointerMove = (event: PointerEvent): void => {
    if (dragging.current) props.drag?.("move", ...placeOf(event), size);
    else if (event.pointerType !== "touch") store.preview(partAt(event) ?? chosen.current);
  };
  const tell = (): void => {
    if (props.describe) announce(props.describe(store.current));
  };
  const settle = (part: Partial<Selection>): void => {
    store.fix(part);
    tell();
  };
  /** What the arrows chose and nothing has fixed yet. */
  const chosen = useRef<Partial<Selection> | null>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!isAlone(event)) return;
    if (event.key === "Escape" && chosen.current) {
      chosen.current = null;
      store.preview(null);
      tell();
      return;
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (chosen.current) settle(chosen.current);
      chosen.current = null;
      return;
    }
    const part = props.step?.(event.key, store.current);
    if (!part) return;
    event.preventDefault();
    chosen.current = { ...chosen.current, ...part };
    store.preview(chosen.current);
    tell();
  };
  // Who leaves the view with Tab keeps what the arrows chose: nothing is lost for not having pressed Enter.
  const onBlur = (): void => {
    if (chosen.current) store.fix(chosen.current);
    chosen.current = null;
  };
  const onSave = (kind: FileKind): void => {
    const heading = caption === undefined ? { title } : { title, caption };
    const file = `${report.title}-${name}`;
    const drawn = chart && kind !== "csv" && props.drawFile ? props.drawFile(size) : chart;
    void saveFile(kind, file, drawn, props.table(), heading, fileTheme(theme()));
  };

  return (
    <section class={`panel ${name}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {props.notice && (
          <p class="notice" role="status">
            {props.notice}
          </p>
        )}
        <Actions title={title} showsTable={showsTable} onTable={() => setShowsTable(!showsTable)} onSave={onSave} />
      </header>
      {caption !== undefined && <p class="muted">{caption}</p>}
      {typeof props.controls === "function" ? props.controls(width) : props.controls}
      <div class="picture" ref={ref} style={{ height: `${size.height}px` }}>
        {showsTable ? (
          <DataTableView table={props.table()} label={title} />
        ) : (
          chart && (
            // biome-ignore lint/a11y/useSemanticElements: a picture that answers to keys has no element of its own
            <div
              class="chart"
              role="group"
              aria-label={`${title}. ${chart.description}`}
              // biome-ignore lint/a11y/noNoninteractiveTabindex: arrows move the selection inside
              tabIndex={0}
              onPointerDown={onPointerDown}
              onPointerMove={onPointerMove}
              onPointerUp={onPointerUp}
              onPointerCancel={onPointerUp}
              onPointerLeave={() => store.preview(chosen.current)}
              onBlur={onBlur}
              onClick={(event) => {
                const part = partAt(event);
                chosen.current = null;
                if (part) settle(part);
              }}
              onKeyDown={onKeyDown}
            >
              {picture}
              {props.over?.(size)}
            </div>
          )
        )}
      </div>
    </section>
  );
}

interface ActionsProps {
  readonly title: string;
  readonly showsTable: boolean;
  readonly onTable: () => void;
  readonly onSave: (kind: FileKind) => void;
  /** What can be saved; default all. */
  readonly kinds?: readonly FileKind[];
}

const KINDS: readonly FileKind[] = ["csv", "svg", "png"];

/** A toolbar with one Tab stop; arrows move inside. */
export function Actions({ title, showsTable, onTable, onSave, kinds = KINDS }: ActionsProps): VNode {
  const bar = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const actions = [
    { label: "Table", run: onTable, pressed: showsTable, hint: `${title} as a table` },
    ...kinds.map((kind) => {
      const label = kind.toUpperCase();
      return { label, run: () => onSave(kind), pressed: undefined, hint: `Save ${title} as ${label}` };
    }),
  ];
  const onKeyDown = (event: KeyboardEvent): void => {
    const to = isAlone(event) ? movedIndex(event.key, active, actions.length) : null;
    if (to === null) return;
    event.preventDefault();
    setActive(to);
    bar.current?.querySelectorAll("button")[to]?.focus();
  };
  return (
    <div class="actions" role="toolbar" aria-label={`${title}: table and files`} ref={bar} onKeyDown={onKeyDown}>
      {actions.map(({ label, run, pressed, hint }, index) => (
        <button
          key={label}
          type="button"
          tabIndex={index === active ? 0 : -1}
          aria-label={hint}
          aria-pressed={pressed}
          onFocus={() => setActive(index)}
          onClick={run}
        >
          {label}
        </button>
      ))}
    </div>
  );
}
