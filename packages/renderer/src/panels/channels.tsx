import {
  CHANNEL_ORDERS,
  CHART_CLASS,
  type ChannelLayout,
  type ChannelOrder,
  type ChartSize,
  channelLayout,
  channelName,
  channelOrder,
  channelSelection,
  channelsChart,
  channelTitle,
  FLAG_TEXTS,
  numberText,
  overviewPlaceAt,
  placeAt,
} from "@normstream/report/charts";
import type { ChannelColumns } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import type { DataTable } from "../data-table.jsx";
import { movedIndex } from "../keys.js";
import { useWidening } from "../least-domains.js";
import { markView } from "../mark-view.jsx";
import { Panel } from "../panel.jsx";

/** The places of the order that are shown, [from, to). */
interface Brush {
  readonly from: number;
  readonly to: number;
}

const ORDER_TEXT: Readonly<Record<ChannelOrder, string>> = {
  index: "channel",
  mean: "mean",
  std: "std",
  between: "share between instances",
  flags: "flags",
};
/** Places that a brush holds at least. */
const NARROWEST = 4;

/** Every channel's mean and std, sorted and brushed. */
export function ChannelsPanel(): VNode {
  const { report, store } = useReport();
  const { channel } = useSelection();
  const { channels, baseline } = report;
  const count = channels.index.length;
  const whole: Brush = { from: 0, to: count };
  const [order, setOrder] = useState<ChannelOrder>("index");
  const [brushed, setBrush] = useState<Brush | null>(null);
  const brush = brushed && brushed.to <= count ? brushed : whole;
  const dragFrom = useRef(0);
  const [isMoving, setIsMoving] = useState(false);
  const widening = useWidening(`${order} ${brush.from} ${brush.to}`);
  const options = { order, ...brush, baseline, isMoving, atLeast: widening.atLeast };
  const known = useRef<{ readonly key: string; readonly channels: ChannelColumns; readonly layout: ChannelLayout } | null>(null);
  // Worked out once for a state of the view, not for each move of the pointer.
  const layoutAt = (size: ChartSize): ChannelLayout => {
    const key = [report.id, size.width, size.height, order, brush.from, brush.to, isMoving].join();
    if (known.current?.key !== key || known.current.channels !== channels) {
      known.current = { key, channels, layout: channelLayout(channels, size, options) };
    }
    return known.current.layout;
  };
  const channelOf = (place: number): number => channels.index[place] ?? 0;

  return (
    <Panel
      name="channels"
      title="Channels"
      caption={`Mean ± std of each channel over all samples${count > 32 ? "; drag over the strip to look closer" : ""}.`}
      height={(width) => (count === 1 ? (width < 760 ? 240 : 180) : count > 32 ? 380 : 320)}
      draw={(size) => {
        const layout = layoutAt(size);
        widening.note(layout);
        return channelsChart(channels, size, options, layout);
      }}
      inputs={[channels, baseline, order, brush.from, brush.to, isMoving]}
      over={(size) => <ChannelFrame channels={channels} layout={layoutAt(size)} size={size} channel={channel} />}
      locate={(x, y, size) => {
        const layout = layoutAt(size);
        if (y < layout.area.top || y > layout.gutter + layout.gutterHeight) return null;
        const place = placeAt(layout, x);
        return place === null ? null : { channel: channelOf(layout.order[place] ?? 0) };
      }}
      drag={(phase, x, y, size) => {
        setIsMoving(phase === "move");
        const layout = layoutAt(size);
        const { overview } = layout;
        if (!overview || (phase === "start" && (y < overview.top || y > overview.bottom))) return false;
        const at = overviewPlaceAt(layout, x);
        if (phase === "start") dragFrom.current = at;
        const [from, to] = [Math.min(dragFrom.current, at), Math.max(dragFrom.current, at)];
        setBrush(to - from < NARROWEST ? null : { from, to });
        return true;
      }}
      step={(key, from) => {
        const zoomed = zoomedBrush(key, brush, count);
        if (zoomed) setBrush(zoomed);
        if (zoomed) return {};
        const places = channelOrder(channels, order);
        const at = places.findIndex((place) => channelOf(place) === from.channel);
        const to = movedIndex(key, Math.max(0, at), count);
        return to === null ? null : { channel: channelOf(places[to] ?? 0) };
      }}
      describe={({ channel: chosen }) => {
        const at = channels.index.indexOf(chosen);
        return `${channelTitle(channels, chosen)}: mean ${numberText(channels.mean[at] ?? NaN)}, std ${numberText(channels.std[at] ?? NaN)}`;
      }}
      table={() => channelTable(channels)}
      controls={
        count > 1 && (
          <p class="controls">
            <label>
              Sort by{" "}
              <select value={order} onChange={(event) => setOrder(event.currentTarget.value as ChannelOrder)}>
                {CHANNEL_ORDERS.map((name) => (
                  <option key={name} value={name}>
                    {ORDER_TEXT[name]}
                  </option>
                ))}
              </select>
            </label>
            {brushed && (
              <button type="button" onClick={() => setBrush(null)}>
                Show all {count}
              </button>
            )}
            <span class="muted">Selected: {channelName(channels, store.fixed.channel)}</span>
          </p>
        )
      }
    />
  );
}

interface FrameProps {
  readonly channels: ChannelColumns;
  readonly layout: ChannelLayout;
  readonly size: ChartSize;
  readonly channel: number;
}

/** The selected channel's frame: a picture of its own over the chart, which is not painted again when it moves. */
function ChannelFrame({ channels, layout, size, channel }: FrameProps): VNode | null {
  if (channels.index.length < 2) return null;
  const frame = channelSelection(channels, layout, channel);
  if (!frame) return null;
  // As wide as the frame, and moved by a transform: a move paints and composes these few pixels, not the chart.
  const place = layout.order.indexOf(channels.index.indexOf(channel));
  const width = Math.ceil((layout.area.right - layout.area.left) / (layout.to - layout.from)) + 8;
  const left = Math.floor(layout.x(place) - width / 2);
  return (
    <svg
      class={`${CHART_CLASS} frame`}
      aria-hidden="true"
      width={width}
      height={size.height}
      viewBox={`${left} 0 ${width} ${size.height}`}
      style={{ transform: `translateX(${left}px)` }}
    >
      {markView(frame)}
    </svg>
  );
}

/** The brush after a key: + and − narrow and widen it about its middle. */
function zoomedBrush(key: string, { from, to }: Brush, count: number): Brush | null {
  const factor = key === "+" || key === "=" ? 0.5 : key === "-" ? 2 : null;
  if (factor === null) return null;
  const half = Math.max(NARROWEST, (to - from) * factor) / 2;
  const middle = (from + to) / 2;
  return { from: Math.max(0, Math.floor(middle - half)), to: Math.min(count, Math.ceil(middle + half)) };
}

function channelTable(columns: ChannelColumns): DataTable {
  const flagText = (bits: number): string =>
    FLAG_TEXTS.filter(({ bit }) => (bits & bit) !== 0)
      .map(({ text }) => text)
      .join(", ");
  const at = (list: Float32Array, i: number): number => list[i] ?? Number.NaN;
  return {
    columns: ["channel", "mean", "std", "min", "max", "mean std of an instance", "variance between instances", "flags"],
    rows: Array.from(columns.index, (channel, i) => [
      columns.names?.[i] || channel,
      at(columns.mean, i),
      at(columns.std, i),
      at(columns.min, i),
      at(columns.max, i),
      at(columns.instanceStd, i) * at(columns.std, i),
      at(columns.between, i) ** 2,
      flagText(columns.flags[i] ?? 0),
    ]),
  };
}
