/**
 * Shapes of the tensors, NCHW float32: of the big file, of the one in memory, and of others that are taken from the same values:
 * many channels, few values, large planes. Values of a table, rows of a Parquet file, images, GB of files that grow. Short calls
 * run `calls` times a round, after `warmups`; each way of a peer has so many `tries` to be the fastest.
 */
export const SIZES = {
  small: {
    file: [48, 16, 56, 56],
    memory: [8, 16, 56, 56],
    wide: [8, 32, 28, 28],
    little: [2, 16, 28, 28],
    instance: [2, 8, 112, 112],
    copyBytes: 1 << 24,
    tableValues: 2e5,
    parquetRows: 20_000,
    images: 200,
    gigabytes: [0.01, 0.02],
    tries: 1,
    calls: 1,
    warmups: 1,
  },
  full: {
    file: [2560, 64, 56, 56],
    memory: [64, 64, 112, 112],
    wide: [64, 256, 56, 56],
    little: [8, 64, 28, 28],
    instance: [8, 64, 256, 256],
    copyBytes: 1 << 28,
    tableValues: 64e6,
    parquetRows: 4_000_000,
    images: 10_000,
    gigabytes: [1, 2, 4, 8, 16, 32],
    tries: 2,
    calls: 5,
    warmups: 6,
  },
};

/** About 1 MB. */
export const TINY = [4, 64, 32, 32];

/** What the programs need to know of a shape: N, C, and S values a plane. */
export function extentsOf([samples, channels, ...spatial]) {
  return [samples, channels, spatial.reduce((product, extent) => product * extent, 1)];
}

export const valuesOf = (shape) => shape.reduce((product, extent) => product * extent, 1);
