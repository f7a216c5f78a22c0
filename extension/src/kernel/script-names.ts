/** What V8 calls the script of a run. */
export const scriptName = (run: number): string => `normstream-cell-${run}.js`;

/** A frame in a cell: its run, and the cell's own line. */
export const OWN_FRAME = /normstream-cell-(\d+)\.js:(\d+)(?::\d+)?/;
