import type { Report, ReportNorm, Use } from "@normstream/report/payload";

/** What the reader looks at. Every view shows the same selection. */
export interface Selection {
  readonly norm: ReportNorm;
  /** Channel number, as in `ChannelColumns.index`. */
  readonly channel: number;
  /** Sample number. */
  readonly instance: number;
  readonly batchSize: number;
  /** PyTorch's momentum; null is the cumulative average. */
  readonly momentum: number | null;
  /** What the network is for. */
  readonly use: Use;
}

/** The selection of one report: what is fixed, and over it what the pointer previews. */
export interface Store {
  /** Fixed, with the preview over it. */
  readonly current: Selection;
  readonly fixed: Selection;
  /** The parts that the reader fixed: the others follow the report. */
  readonly chosen: Partial<Selection>;
  preview(part: Partial<Selection> | null): void;
  fix(part: Partial<Selection>): void;
  /** Back to what the report opened with. */
  reset(): void;
  /** Calls back after each change; gives what unsubscribes. */
  subscribe(callback: () => void): () => void;
}

/** @param restored a selection that was fixed before, which wins over what the report opens with */
export function createStore(report: Report, restored: Partial<Selection> = {}): Store {
  const initial = initialSelection(report);
  const callbacks = new Set<() => void>();
  let chosen = restored;
  let fixed: Selection = { ...initial, ...chosen };
  let previewed: Partial<Selection> | null = null;
  let current = fixed;
  const change = (): void => {
    const next = previewed ? { ...fixed, ...previewed } : fixed;
    if (isSame(next, current)) return;
    current = next;
    for (const callback of callbacks) callback();
  };
  return {
    get current() {
      return current;
    },
    get fixed() {
      return fixed;
    },
    get chosen() {
      return chosen;
    },
    preview(part) {
      previewed = part;
      change();
    },
    fix(part) {
      chosen = { ...chosen, ...part };
      fixed = { ...fixed, ...part };
      previewed = null;
      change();
    },
    reset() {
      chosen = {};
      fixed = initial;
      previewed = null;
      change();
    },
    subscribe(callback) {
      callbacks.add(callback);
      return () => callbacks.delete(callback);
    },
  };
}

const KEYS = ["norm", "channel", "instance", "batchSize", "momentum", "use"] as const;
const isSame = (a: Selection, b: Selection): boolean => KEYS.every((key) => a[key] === b[key]);

function initialSelection(report: Report): Selection {
  const { verdict, gap, channels, maps, memory } = report;
  const settings = verdict ?? ("absent" in gap ? null : gap);
  return {
    norm: verdict?.norms[0] ?? "batch",
    channel: "absent" in maps ? (channels.index[0] ?? 0) : (maps.channels[0] ?? 0),
    instance: "absent" in maps ? 0 : (maps.instances[0]?.sample ?? 0),
    batchSize: settings?.batchSize ?? memory.batchSize,
    momentum: settings ? settings.momentum : 0.1,
    use: verdict?.use ?? "classification",
  };
}
