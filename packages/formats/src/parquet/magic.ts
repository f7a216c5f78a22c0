/** Whether bytes begin as a Parquet file does. */
export const isParquet = (head: Uint8Array): boolean => /^PAR[1E]$/.test(Buffer.from(head.subarray(0, 4)).toString("latin1"));
