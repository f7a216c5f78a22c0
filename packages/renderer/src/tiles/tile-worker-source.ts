/** The text of the bundled `tile-worker.ts`; the build writes it in the place of this name. */
declare const NORMSTREAM_TILE_WORKER: string;

export const tileWorkerSource: string = NORMSTREAM_TILE_WORKER;
