import { describe, expect, test } from "vitest";
import { detectFormat } from "../src/format-detection.js";
import { idxBytes, npyFloats, safetensorsBytes, zipBytes } from "./sample-bytes.js";
import { expectError } from "./scratch.js";

const npy = npyFloats([1, 1], [1]);
const zip = zipBytes([{ name: "a.npy", data: npy }]);
const idx = idxBytes(8, [1, 1], new Uint8Array(1));
const tensors = safetensorsBytes("{}      ", new Uint8Array());
const gzip = Uint8Array.of(0x1f, 0x8b, 8, 0);
const zeros = new Uint8Array(16);

describe("magic, then extension, then description", () => {
  test.each<[string, Uint8Array, string, boolean]>([
    ["npy", npy, "x", false],
    ["npy", npy, "x.npz", false],
    ["npy", npy, "x.dat", true],
    ["npz", zip, "x.npy", false],
    ["npz", zipBytes([]), "x", false],
    ["idx", idx, "x", false],
    ["safetensors", tensors, "x", false],
    ["gzip", gzip, "x", false],
    ["npy", zeros, "x.npy", false],
    ["npz", zeros, "x.NPZ", false],
    ["safetensors", zeros, "x.safetensors", false],
    ["idx", zeros, "train-images-idx3-ubyte", false],
    ["idx", zeros, "t10k-labels.idx1-ubyte", false],
    ["gzip", zeros, "x.gz", false],
    ["raw", zeros, "x", true],
    ["raw", npy, "x.bin", true],
    ["raw", idx, "x.raw", true],
    // Raw numbers may begin like one of the formats whose magic is weak.
    ["raw", idx, "x.dat", true],
    ["raw", gzip, "x", true],
    ["raw", tensors, "x", true],
    ["idx", idx, "x.idx", true],
  ])("%s", (format, bytes, path, described) => {
    expect(detectFormat(bytes.subarray(0, 16), path, bytes.length, described)).toBe(format);
  });
});

test("what fits nothing says what would", async () => {
  await expectError(
    () => detectFormat(Buffer.from("hello world"), "x.txt", 11, false),
    "data",
    "x.txt",
    "not known",
    "found bytes 68 65 6c",
    "--shape and --dtype",
  );
  await expectError(() => detectFormat(zeros, "x.bin", 16, false), "usage", "x.bin", "--shape and --dtype");
});

test("a header longer than the file is no safetensors", async () => {
  const long = Uint8Array.from(tensors);
  long[4] = 1;
  await expectError(() => detectFormat(long, "x", long.length, false), "data", "not known");
});
