import { type Remote, releaseProxy, transfer, wrap } from "comlink";
import { createPainter, type TilePainter, type TileScene } from "./tile-painter.js";
import { tileWorkerSource } from "./tile-worker-source.js";

/** A painter of one canvas, until it is disposed of. */
export interface RunningPainter extends Disposable {
  /** Resolves when it is painted. */
  paint(scene: TileScene): Promise<void>;
  /** Where it runs: for the page's own word on it, and for tests. */
  readonly place: "blob worker" | "data worker" | "page";
}

/** How long a worker may take to answer before the page paints itself. */
const ANSWER_MS = 2000;

/**
 * Starts a painter in a web worker: from a blob, where a page's policy refuses that from a `data:` address, and where it refuses
 * both on the page's own thread.
 */
export async function startPainter(canvas: HTMLCanvasElement, signal: AbortSignal): Promise<RunningPainter> {
  const blob = URL.createObjectURL(new Blob([tileWorkerSource], { type: "text/javascript" }));
  try {
    const places = [
      { place: "blob worker", address: blob },
      { place: "data worker", address: `data:text/javascript,${encodeURIComponent(tileWorkerSource)}` },
    ] as const;
    for (const { place, address } of places) {
      const started = await startedWorker(address);
      if (signal.aborted) started?.worker.terminate();
      signal.throwIfAborted();
      if (started) return await paintingWorker(started, canvas, place);
    }
  } finally {
    URL.revokeObjectURL(blob);
  }
  const painter = createPainter(canvas);
  return { place: "page", paint: async (scene) => await painter.paint(scene), [Symbol.dispose]: () => {} };
}

/** A worker that answered, and the calls to it. */
interface StartedWorker {
  readonly worker: Worker;
  readonly remote: Remote<TilePainter>;
}

/** A worker that answers, or null where the page's policy, or the browser, allows none. */
async function startedWorker(address: string): Promise<StartedWorker | null> {
  let worker: Worker;
  try {
    worker = new Worker(address);
  } catch {
    return null;
  }
  const remote = wrap<TilePainter>(worker);
  const empty: TileScene = { width: 1, height: 1, ratio: 1, tileWidth: 1, tileHeight: 1, tiles: [] };
  const answers = await new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), ANSWER_MS);
    const settle = (does: boolean): void => {
      clearTimeout(late);
      resolve(does);
    };
    worker.addEventListener("error", () => settle(false), { once: true });
    Promise.resolve(remote.paint(empty)).then(
      () => settle(true),
      () => settle(false),
    );
  });
  if (answers) return { worker, remote };
  worker.terminate();
  return null;
}

async function paintingWorker(
  { worker, remote }: StartedWorker,
  canvas: HTMLCanvasElement,
  place: RunningPainter["place"],
): Promise<RunningPainter> {
  const offscreen = canvas.transferControlToOffscreen();
  await remote.attach(transfer(offscreen, [offscreen]));
  return {
    place,
    paint: async (scene) => await remote.paint(scene),
    [Symbol.dispose]() {
      remote[releaseProxy]();
      worker.terminate();
    },
  };
}
