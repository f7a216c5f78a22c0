/** Shapes of the tensors, NCHW float32: of the big file, of the one in memory and of the instance norm taken from the same values; values of a table. */
export const SIZES = {
  small: { file: [96, 16, 56, 56], memory: [8, 16, 56, 56], instance: [2, 8, 112, 112], copyBytes: 1 << 24, tableValues: 1e6 },
  full: {
    file: [2560, 64, 56, 56],
    memory: [64, 64, 112, 112],
    instance: [8, 64, 256, 256],
    copyBytes: 1 << 28,
    tableValues: 64e6,
  },
};

/** About 1 MB. */
export const TINY = [4, 64, 32, 32];

/** What the programs need to know of a shape: N, C, and S values a plane. */
export function extentsOf([samples, channels, ...spatial]) {
  return [samples, channels, spatial.reduce((product, extent) => product * extent, 1)];
}

export const valuesOf = (shape) => shape.reduce((product, extent) => product * extent, 1);
