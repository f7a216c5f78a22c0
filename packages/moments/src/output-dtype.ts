/** Output types that normalizing and its gradient can write. */
export type OutputDType = "float64" | "float32" | "float16" | "bfloat16";
