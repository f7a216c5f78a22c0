import { releaseProxy, transfer, wrap } from "comlink";
import { createPainter, type TilePainter, type TileScene } from "./tile-painter.js";
import { tileWorkerSource } from "./tile-worker-source.js";

/** A painter of one canvas, until it is disposed of. */
export interface RunningPainter extends Disposable {
  /** Resolves when it is painted. */
  paint(scene: TileScene): Promise<void>;
  /** Where it runs: for the page's own word on it, and for tests. */
  readonly place: Place;
}

type Place = "blob worker" | "data worker" | "page";

/** What paints all canvases of this module's pages: one web worker, however many reports are shown. */
interface Workshop {
  readonly painter: TilePainter;
  readonly place: Place;
  close(): void;
}

/** How long a worker may take to answer before the page paints itself. */
const ANSWER_MS = 2000;

let opened: Promise<Workshop> | null = null;
let canvases = 0;
let users = 0;

/** Has a canvas painted: by the web worker that all canvases share, or on the page's own thread where the page allows none. */
export async function startPainter(canvas: HTMLCanvasElement, signal: AbortSignal): Promise<RunningPainter> {
  users++;
  opened ??= openWorkshop();
  const leave = (): void => {
    if (--users > 0) return;
    const last = opened;
    opened = null;
    void last?.then((workshop) => workshop.close());
  };
  try {
    const { painter, place } = await opened;
    signal.throwIfAborted();
    const id = canvases++;
    if (place === "page") (painter as ReturnType<typeof createPainter>).attach(id, canvas);
    else {
      const surface = canvas.transferControlToOffscreen();
      await painter.attach(id, transfer(surface, [surface]));
    }
    return {
      place,
      paint: async (scene) => await painter.paint(id, scene),
      [Symbol.dispose]() {
        void painter.detach(id);
        leave();
      },
    };
  } catch (error) {
    leave();
    throw error;
  }
}

/** A worker from a blob, where a page's policy refuses that from a `data:` address, and where it refuses both none. */
async function openWorkshop(): Promise<Workshop> {
  const blob = URL.createObjectURL(new Blob([tileWorkerSource], { type: "text/javascript" }));
  try {
    const places = [
      { place: "blob worker", address: blob },
      { place: "data worker", address: `data:text/javascript,${encodeURIComponent(tileWorkerSource)}` },
    ] as const;
    for (const { place, address } of places) {
      const started = await startedWorker(address);
      if (started) return { ...started, place };
    }
  } finally {
    URL.revokeObjectURL(blob);
  }
  return { painter: createPainter(), place: "page", close: () => {} };
}

/** A worker that answers, or null where the page's policy, or the browser, allows none. */
async function startedWorker(address: string): Promise<Omit<Workshop, "place"> | null> {
  let worker: Worker;
  try {
    worker = new Worker(address);
  } catch {
    return null;
  }
  const remote = wrap<TilePainter>(worker);
  const close = (): void => {
    remote[releaseProxy]();
    worker.terminate();
  };
  const answers = await new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), ANSWER_MS);
    const settle = (does: boolean): void => {
      clearTimeout(late);
      resolve(does);
    };
    worker.addEventListener("error", () => settle(false), { once: true });
    Promise.resolve(remote.ping()).then(
      () => settle(true),
      () => settle(false),
    );
  });
  if (answers) return { painter: remote as unknown as TilePainter, close };
  worker.terminate();
  return null;
}
