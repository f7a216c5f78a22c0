import { BatchNorm } from "@normstream/pipeline";
import { describe, expect, test } from "vitest";
import { CONVENTIONS, toKeras, toOnnx, toPyTorch } from "../src/index.js";
import { sampleStatistics } from "./samples.js";

describe("the table of conventions", () => {
  test.each([
    ["torch", "new", 0.1, 1e-5, 1, ["weight", "bias", "running_mean", "running_var"]],
    ["keras", "old", 0.99, 1e-3, 0, ["gamma", "beta", "moving_mean", "moving_variance"]],
    ["onnx", "old", 0.9, 1e-5, 0, ["scale", "B", "input_mean", "input_var"]],
    ["sklearn", null, null, 0, 0, [null, null, "mean_", "var_"]],
    ["torchvision", null, null, 0, 0, [null, null, "mean", null]],
  ] as const)("%s", (target, momentumOf, defaultMomentum, defaultEps, correction, [weight, bias, mean, variance]) => {
    expect(CONVENTIONS[target]).toMatchObject({
      momentumOf,
      defaultMomentum,
      defaultEps,
      correction,
      weight,
      bias,
      mean,
      variance,
    });
  });

  test.each([
    [0.1, 0.9],
    [0.3, 0.7],
    [0.01, 0.99],
    [0.003, 0.997],
    [0, 1],
    [1, 0],
  ])("PyTorch's momentum %d is %d in Keras and ONNX", async (momentum, turned) => {
    const layer = new BatchNorm(2, { momentum });
    expect(toKeras(layer).config.momentum).toBe(turned);
    expect((await toOnnx(layer)).graph.nodes[0]?.attributes.momentum).toEqual({ float: turned });
    expect(toPyTorch(layer).module).toContain(`momentum=${momentum}`);
  });
});

describe("options", () => {
  test.each([null, undefined, 3, {}, []])("%j is nothing to convert", (source) => {
    expect(() => toKeras(source as never)).toThrow(/this cannot be converted; expected a normalization layer, or statistics/);
  });

  test("a layer decides for itself", () => {
    expect(() => toKeras(new BatchNorm(2), { eps: 1e-3 })).toThrow(/eps does not go with a layer/);
  });

  test.each([
    [{ eps: -1 }, /eps -1; expected a finite number of 0 or more/],
    [{ momentum: 2 }, /momentum 2; expected a number from 0 to 1/],
    [{ weight: [1, 2] }, /weight holds 2 values; expected 3, one a channel/],
    [{ bias: [1, 2, Number.NaN] }, /channel 2: bias is NaN/],
    [{ norm: "group" as const }, /group norm needs a number of groups/],
    [{ norm: "group" as const, groups: 2 }, /2 groups do not divide 3 channels/],
    [{ groups: 3 }, /groups do not go with batch norm/],
  ])("%j is refused", async (options, message) => {
    using statistics = await sampleStatistics([4, 3, 5, 6], "NCHW");
    expect(() => toKeras(statistics, options)).toThrow(message);
  });

  test("statistics become instance, group or layer norm of as many channels", async () => {
    using statistics = await sampleStatistics([4, 6, 5, 6], "NCHW");
    expect((await toOnnx(statistics, { norm: "instance" })).graph.nodes[0]?.opType).toBe("InstanceNormalization");
    const layer = await toOnnx(statistics, { norm: "layer", eps: 1e-3 });
    expect(layer.graph.nodes[0]).toMatchObject({ opType: "GroupNormalization", attributes: { num_groups: { int: 1 } } });
    expect(toKeras(statistics, { norm: "group", groups: 3 }).config).toMatchObject({ groups: 3, axis: 1, center: false });
  });
});

describe("numbers that float32 changes", () => {
  test("a mean far from zero is told of", async () => {
    using statistics = await sampleStatistics([4, 1], "NC", {
      data: [100000.01, 100000.02, 100000.03, 100000.04],
      dtype: "float64",
    });
    expect(toKeras(statistics).text).toMatch(
      /rounded from float64 to float32, which shifts what comes out of channel 0 by 0\.\d+/,
    );
  });

  test("one beyond float32 is refused", async () => {
    using statistics = await sampleStatistics([2, 1], "NC", { data: [1e100, 1e100], dtype: "float64" });
    expect(() => toKeras(statistics)).toThrow(/channel 0: mean 1e\+100 is beyond float32/);
  });

  test("a variance and an eps of 0 are refused", async () => {
    using statistics = await sampleStatistics([2, 2], "NC", { data: [1, 5, 2, 5] });
    expect(() => toKeras(statistics, { eps: 0 })).toThrow(/channel 1: variance \+ eps is 0 in float32; expected more than 0/);
    await expect(toOnnx(statistics, { eps: 0 })).rejects.toThrow(/variance \+ eps is 0/);
    expect(() => toPyTorch(statistics, { eps: 0 })).toThrow(/variance \+ eps is 0/);
    expect(toKeras(statistics).weights[3]?.data[1]).toBe(0);
  });
});
