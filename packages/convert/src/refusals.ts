import { usageError } from "@normstream/tensor";

/** Batch norm that keeps no averages takes each batch's own statistics in inference too, and no exported layer does. */
export const noAverages = () =>
  usageError("batch norm without running averages normalizes each batch by its own statistics, in inference too", {
    expected: "a layer with trackRunningStats, or statistics",
    hint: "Make it with trackRunningStats, and call fit with the training data.",
  });

/** Instance norm of a table would normalize single values. */
export const noPlanes = () =>
  usageError("instance norm of layout NC would have one value for each statistic", {
    expected: "NCL, NCHW, NHWC or NCDHW",
    hint: "Name the layout of the inputs, or use layer norm.",
  });
