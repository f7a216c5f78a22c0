import {
  type ChartSize,
  MAP_VIEWS,
  type MapsOptions,
  type MapView,
  mapsChart,
  mapsLayout,
  tileImages,
  tileViews,
} from "@normstream/report/charts";
import type { ChannelColumns, Maps, MapTile } from "@normstream/report/payload";
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { useReport, useSelection } from "../context.js";
import { movedIndex } from "../keys.js";
import { Panel } from "../panel.jsx";
import { type RunningPainter, startPainter } from "../tiles/start-painter.js";
import type { TileScene } from "../tiles/tile-painter.js";
import { PlaneChoice } from "./plane-choice.jsx";

/** Below this width one view of a plane is shown at a time. */
const NARROW = 520;
const VIEW_TEXT: Readonly<Record<MapView, string>> = { input: "Input", batch: "BN", instance: "IN" };

/** Some instances, each as it came, after batch norm and after instance norm. */
export function MapsPanel(): VNode {
  const { report, source, notices } = useReport();
  const { channel, instance } = useSelection();
  const { maps, channels } = report;
  const [view, setView] = useState<MapView>("instance");
  // Of other channels no tiles are in the report: nothing changes for them.
  const shown = "absent" in maps || maps.channels.includes(channel) ? channel : (maps.channels[0] ?? channel);
  const optionsAt = (width: number): MapsOptions => ({ channel: shown, instance, views: width < NARROW ? [view] : MAP_VIEWS });
  const samples = "absent" in maps ? [] : maps.instances.map(({ sample }) => sample);
  return (
    <Panel
      name="maps"
      title="Planes, before and after"
      caption="BN keeps the differences of brightness and contrast between instances; IN removes them."
      // Square planes fill it: fixed by the width alone, so that planes that come at the end of a run move nothing.
      height={(width) => (width < NARROW ? 520 : Math.min(420, 110 + Math.round((width - 114) / 3)))}
      draw={(size) => mapsChart(maps, size, optionsAt(size.width))}
      inputs={[maps, shown, instance, view]}
      drawFile={(size) =>
        mapsChart(maps, size, {
          ...optionsAt(size.width),
          ...("absent" in maps ? {} : { image: tileImages(maps, channels) }),
        })
      }
      over={(size) =>
        "absent" in maps ? null : (
          <Tiles
            key={report.id}
            maps={maps}
            channels={channels}
            size={size}
            channel={shown}
            views={optionsAt(size.width).views}
          />
        )
      }
      step={(key, from) => {
        const to = movedIndex(key, samples.indexOf(from.instance), samples.length);
        const next = to === null ? undefined : samples[to];
        return next === undefined ? null : { instance: next };
      }}
      describe={(selection) => `Sample ${selection.instance}`}
      table={() => ({
        columns: ["sample", "role", "channel", "mean", "std"],
        rows:
          "absent" in maps ? [] : maps.tiles.map((tile) => [tile.sample, roleOf(maps, tile), tile.channel, tile.mean, tile.std]),
      })}
      notice={notices.maps}
      controls={(width) => {
        const isNarrow = width > 0 && width < NARROW;
        return (
          (isNarrow || (source && !("absent" in maps))) && (
            <div class="controls">
              {isNarrow && <ViewChoice view={view} onView={setView} />}
              {source && !("absent" in maps) && <PlaneChoice source={source} />}
            </div>
          )
        );
      }}
    />
  );
}

interface ViewChoiceProps {
  readonly view: MapView;
  readonly onView: (view: MapView) => void;
}

function ViewChoice({ view, onView }: ViewChoiceProps): VNode {
  return (
    <label>
      Show{" "}
      <select value={view} onChange={(event) => onView(event.currentTarget.value as MapView)}>
        {MAP_VIEWS.map((name) => (
          <option key={name} value={name}>
            {VIEW_TEXT[name]}
          </option>
        ))}
      </select>
    </label>
  );
}

const roleOf = ({ instances }: Maps, { sample }: MapTile): string => instances.find((each) => each.sample === sample)?.role ?? "";

interface TilesProps {
  readonly maps: Maps;
  readonly channels: ChannelColumns;
  readonly size: ChartSize;
  readonly channel: number;
  readonly views: readonly MapView[] | undefined;
}

/** The canvas of the tiles. It paints in a web worker where the page allows one. */
function Tiles({ maps, channels, size, channel, views = MAP_VIEWS }: TilesProps): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<RunningPainter | null>(null);
  const { width, height } = size;
  const shownViews = views.join();
  const scene = useMemo(
    () => sceneOf(maps, channels, width, height, { channel, views }),
    [maps, channels, width, height, channel, shownViews],
  );
  const latest = useRef(scene);
  latest.current = scene;
  useEffect(() => {
    const stop = new AbortController();
    if (canvas.current) {
      startPainter(canvas.current, stop.signal).then(
        (started) => {
          if (stop.signal.aborted) started[Symbol.dispose]();
          else {
            painter.current = started;
            const isPainted = (): void => canvas.current?.setAttribute("data-painter", started.place);
            started.paint(latest.current).then(isPainted, () => {});
          }
        },
        () => {},
      );
    }
    return () => {
      stop.abort();
      painter.current?.[Symbol.dispose]();
      painter.current = null;
    };
  }, []);
  useEffect(() => {
    painter.current?.paint(scene).catch(() => {});
  }, [scene]);
  // biome-ignore lint/a11y/noAriaHiddenOnFocusable: a canvas takes no focus, and the chart over it says what it shows
  return <canvas ref={canvas} aria-hidden="true" style={{ width: `${width}px`, height: `${height}px` }} />;
}

function sceneOf(maps: Maps, channels: ChannelColumns, width: number, height: number, options: MapsOptions): TileScene {
  const { slots, channel } = mapsLayout(maps, { width, height }, options);
  const tiles = maps.tiles.filter((tile) => tile.channel === channel);
  const viewOf = tileViews(maps, channels, channel);
  return {
    width,
    height,
    ratio: globalThis.devicePixelRatio || 1,
    tileWidth: maps.width,
    tileHeight: maps.height,
    tiles: slots.flatMap((slot) => {
      const tile = tiles.find(({ sample }) => sample === slot.sample);
      return tile ? [{ tile, view: viewOf(tile, slot.view), x: slot.x, y: slot.y, width: slot.width, height: slot.height }] : [];
    }),
  };
}
