/** A `.npy` file of float32 in [0, 1), drawn from a seed. */
export function npyOf(shape: readonly number[], seed: number): Buffer {
  const values = new Float32Array(shape.reduce((a, b) => a * b));
  for (let i = 0, x = seed; i < values.length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    values[i] = x / 2 ** 32;
  }
  return Buffer.concat([npyHead(shape), Buffer.from(values.buffer)]);
}

/** What stands before the values of such a file: 128 bytes. */
export function npyHead(shape: readonly number[]): Buffer {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`.padEnd(117);
  return Buffer.from(`\x93NUMPY\x01\x00\x76\x00${header}\n`, "latin1");
}
