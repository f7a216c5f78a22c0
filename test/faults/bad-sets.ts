import { png } from "../laws/png.js";
import type { BadInput } from "./bad-inputs.js";
import { gzip, idx, npy, npyOf, safetensors, someFloats } from "./file-bytes.js";

/** Several files as one data set: what does not fit together. `input` is what the command is given. */
export interface BadSet extends BadInput {
  readonly input: string;
}

const part = npyOf([4, 3, 2, 2]);
const ints = npy(new Uint8Array(48), { descr: "'|u1'" });

export const badSets: readonly BadSet[] = [
  {
    name: "a folder without data",
    input: "set",
    files: { "set/README.md": "x" },
    code: 3,
    line: "set: there is no file of data; expected tensors or images. Name another folder, or a pattern in quotes.",
  },
  {
    name: "a pattern that nothing fits",
    input: "set/*.npz",
    files: { "set/a.npy": part },
    code: 3,
    line: "set/*.npz: there is no file of data; expected tensors or images. Name another folder, or a pattern in quotes.",
  },
  {
    name: "a pattern below a folder that is not there",
    input: "none/*.npy",
    files: { "set/a.npy": part },
    code: 4,
    line: "none: cannot list: no such file or folder",
  },
  {
    name: "a bracket that does not close",
    input: "set/[a.npy",
    files: { "set/a.npy": part },
    code: 2,
    line: "set/[a.npy: a bracket in the pattern does not close",
  },
  {
    name: "mixed dtypes",
    input: "set",
    files: { "set/a.npy": part, "set/b/c.npy": ints },
    code: 3,
    line: "set/b/c.npy: files of different dtypes are no data set; expected float32, as in set/a.npy, found uint8",
  },
  {
    name: "mixed shapes",
    input: "set",
    files: { "set/a.npy": part, "set/b.npy": npyOf([4, 3, 2, 3]) },
    code: 3,
    line: "set/b.npy: files of different shapes are no data set; expected [N, 3, 2, 2], as in set/a.npy, found [4, 3, 2, 3]",
  },
  {
    name: "mixed formats",
    input: "set",
    files: { "set/a.npy": part, "set/b.safetensors": safetensors({}, new Uint8Array()) },
    code: 3,
    line: 'set/b.safetensors: files of different formats are no data set; expected .npy, as in set/a.npy, found .safetensors. Name those that belong together by a pattern in quotes, such as "set/*.npy".',
  },
  {
    name: "files of which it cannot be told whether they are samples",
    input: "set",
    files: { "set/a.npy": npyOf([3, 2, 2]), "set/b.npy": npyOf([3, 2, 2]) },
    code: 2,
    line: "set/a.npy: files of shape [3, 2, 2] may be a sample each, or hold 3 samples. Say which: --layout NCHW or NHWC (a sample each), --layout NCL or NHW (samples along the first axis).",
  },
  {
    name: "a file that is damaged, in the middle",
    input: "set",
    files: { "set/a.npy": part, "set/b.npy": part.subarray(0, 200), "set/c.npy": part },
    code: 3,
    line: "set/b.npy: the data is truncated; expected 268 bytes (76 of header, 192 of data), found 200. Copy or write the file again.",
  },
  {
    name: "a file that is empty",
    input: "set",
    files: { "set/a.npy": part, "set/b.npy": "" },
    code: 3,
    line: "set/b.npy: the file is empty; expected a tensor. Copy or write the file again.",
  },
  {
    name: "packed files",
    input: "set",
    files: { "set/a.idx.gz": gzip(idx(0x08, [4, 3, 2, 2], new Uint8Array(48))) },
    code: 2,
    line: "set/a.idx.gz: a packed file cannot be one of several. Unpack it (gunzip, or np.savez without compression), or name it alone.",
  },
  {
    name: "several tensors a file, and none selected",
    input: "set",
    files: {
      "set/a.safetensors": safetensors(
        {
          x: { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
          y: { dtype: "F32", shape: [2, 3], data_offsets: [24, 48] },
        },
        someFloats(12),
      ),
    },
    code: 2,
    line: "set/a.safetensors: the file holds 2 tensors; expected one to be named. Choose with --select: x, y.",
  },
  {
    name: "no samples at all",
    input: "set",
    files: { "set/a.npy": npyOf([0, 3]), "set/b.npy": npyOf([0, 3]) },
    code: 3,
    line: "set: shape [0, 3] holds no values; expected at least one sample, channel and position",
  },
  {
    name: "a place that is not read from",
    input: "gopher://example.org/a.npy",
    files: {},
    code: 2,
    line: "gopher://example.org/a.npy: gopher: is no place that is read from; expected a local file, http://, https:// or s3://. Download it first.",
  },
];

const grey = (size: number) => png([size, size], 1, 8, (y, x) => (y * 31 + x * 17) % 256);
const colour = png([20, 20], 3, 8, (y, x, c) => (y + x + c) % 256);
const deep = png([20, 20], 1, 16, (y, x) => y * 1000 + x);
/** A PNG whose header promises 3.6 thousand million pixels. */
const bomb = Buffer.from(grey(20));
bomb.writeUInt32BE(60_000, 16);
bomb.writeUInt32BE(60_000, 20);

const damaged = "the image cannot be decoded. Write it again, or leave it out with --skip-bad.";

export const badImages: readonly BadSet[] = [
  {
    name: "an image that is damaged, in the middle of many",
    input: "set",
    files: {
      ...Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`set/${1000 + i}.png`, grey(20)])),
      "set/1150.png": grey(20).subarray(0, 200),
    },
    code: 3,
    line: `set/1150.png: ${damaged}`,
  },
  {
    name: "a first image that is none",
    input: "set",
    files: { "set/a.jpg": "no image", "set/b.png": grey(20) },
    code: 3,
    line: `set/a.jpg: ${damaged}`,
  },
  {
    name: "no image that can be decoded",
    input: "set",
    files: { "set/a.jpg": "no image", "set/b.png": "" },
    args: ["--skip-bad"],
    code: 3,
    line: "set: no image can be decoded; expected at least one of them, found 2 that cannot",
  },
  {
    name: "mixed channel counts",
    input: "set/*.png",
    files: { "set/a.png": grey(20), "set/b.png": colour },
    code: 3,
    line: "set/b.png: images of different channels are no data set; expected grey, found RGB. Convert all of them with --color grey, or leave it out with --skip-bad.",
  },
  {
    name: "mixed bit depths",
    input: "set",
    files: { "set/a.png": grey(20), "set/b.png": deep },
    code: 3,
    line: "set/b.png: images of different bit depths are no data set; expected 8 bits a value, found 16",
  },
  {
    name: "a decompression bomb",
    input: "set",
    files: { "set/a.png": grey(20), "set/b.png": bomb },
    args: ["--memory", "90MB", "--threads", "1"],
    code: 3,
    line: "set/b.png: the image has 60000 × 60000 pixels; expected at most 22500000 pixels. Give more --memory, or leave it out with --skip-bad.",
  },
  {
    name: "images among tensors",
    input: "set",
    files: { "set/a.png": grey(20), "set/b.npy": part },
    code: 3,
    line: 'set/b.npy: files of different formats are no data set; expected images, as in set/a.png, found .npy. Name those that belong together by a pattern in quotes, such as "set/*.png".',
  },
  {
    name: "a layout that images do not have",
    input: "set",
    files: { "set/a.png": colour },
    args: ["--layout", "NCHW"],
    code: 2,
    line: "set/a.png: images of 3 channels are not read as NCHW; expected NHWC. Leave out --layout.",
  },
  {
    name: "options of images for other data",
    input: "a.npy",
    files: { "a.npy": part },
    args: ["--resize", "20"],
    code: 2,
    line: "a.npy: --resize goes with images. Leave out --resize.",
  },
];
