import { deflateRawSync } from "node:zlib";
import { changed, deflatedNpz, floats, gzip, idx, npy, npyOf, safetensors, someFloats, type ZipMember, zip } from "./file-bytes.js";

/** A file that is refused, and the one line that says so. */
export interface BadInput {
  readonly name: string;
  /** The input comes first; its name is what the commands are given. */
  readonly files: Readonly<Record<string, Uint8Array | string>>;
  readonly args?: readonly string[];
  readonly code: 2 | 3 | 4;
  /** What stands behind `normstream: `. */
  readonly line: string;
}

const whole = npyOf([4, 3, 2, 2]);
const data = someFloats(48);
const array = { dtype: "F32", shape: [4, 3, 2, 2], data_offsets: [0, 192] };
const tensors = safetensors({ data: array }, data);
const packed = deflatedNpz(whole);
/** A member as it stands in an archive: its local header and its bytes. */
const inner = zip([{ name: "b.npy", data: whole }]).subarray(0, 35 + whole.length);
const member: ZipMember = { name: "data.npy", data: whole };
/** A header that promises 4 GB. */
const liar = npy(data, { shape: "(4, 3, 16384, 5086)" });
const huge = "340282366920938463463374607431768211456";

/** Headers of `.npy` files that are no headers, or lie. */
const npyHeaders: readonly (readonly [name: string, header: Parameters<typeof npy>[1], line: string])[] = [
  ["a shape that is larger than the data", { shape: "(5, 3, 2, 2)" }, ""],
  ["a shape that is smaller than the data", { shape: "(3, 3, 2, 2)" }, ""],
  ["a dtype that is larger", { descr: "'<f8'" }, ""],
  ["a dtype that is smaller", { descr: "'<f2'" }, ""],
  ["an order that is none", { order: "'C'" }, ""],
  ["a shape that is no tuple", { shape: "[4, 3, 2, 2]" }, ""],
  ["a negative extent", { shape: "(-4, 3, 2, 2)" }, ""],
  ["an extent that is not whole", { shape: "(4.0, 3, 2, 2)" }, ""],
  ["an extent beyond 2^53", { shape: `(${huge}, 3, 2, 2)` }, ""],
  ["a shape whose product overflows 64 bits", { shape: "(4294967296, 4294967296, 1, 1)" }, ""],
  ["a shape whose bytes overflow 2^53", { shape: "(2251799813685248, 3, 1, 1)" }, ""],
  ["a missing key", { dict: "{'descr': '<f4', 'shape': (4, 3, 2, 2)}" }, ""],
  ["code instead of a literal", { dict: "__import__('os').abort()" }, ""],
  ["a dict that does not end", { dict: "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3," }, ""],
  ["a structured dtype", { descr: "[('a', '<f4')]" }, ""],
  ["complex numbers", { descr: "'<c8'" }, ""],
  ["64-bit integers", { descr: "'<i8'" }, ""],
  ["Python objects", { descr: "'|O'" }, ""],
  ["text", { descr: "'<U4'" }, ""],
  ["a dtype that does not exist", { descr: "'<f3'" }, ""],
];

/** Archives that are damaged, or meant to do damage. */
const archives: readonly (readonly [name: string, bytes: Uint8Array, line: string])[] = [
  ["cut in its directory", zip([member]).subarray(0, -30), ""],
  ["cut in its data", zip([member]).subarray(0, 200), ""],
  ["a name that climbs out", zip([{ ...member, name: "../data.npy" }]), ""],
  ["an absolute name", zip([{ ...member, name: "/tmp/data.npy" }]), ""],
  ["a name with a drive", zip([{ ...member, name: "C:/data.npy" }]), ""],
  ["a name that climbs out with backslashes", zip([{ ...member, name: "..\\data.npy" }]), ""],
  ["members that overlap", zip([{ name: "a.npy", data: Buffer.concat([whole, inner]) }, { ...member, name: "b.npy", offset: 35 + whole.length }]), ""],
  ["members that share their bytes", zip([member, { ...member, offset: 0 }]), ""],
  ["an encrypted member", zip([{ ...member, flags: 1, packed: Buffer.concat([new Uint8Array(12), whole]) }]), ""],
  ["a method that is not known", zip([{ ...member, method: 12 }]), ""],
  ["no arrays", zip([{ name: "readme.txt", data: Buffer.from("hello") }]), ""],
  ["nothing", zip([]), ""],
  ["a bomb: more comes out than the directory says", zip([{ ...member, deflate: true, packed: deflateRawSync(Buffer.concat([whole, new Uint8Array(1 << 26)])) }]), ""],
  ["a bomb: the directory says 4 GB", zip([{ ...member, deflate: true, byteLength: 4_000_000_000 }]), ""],
  [
    "a bomb: directory and header say 4 GB",
    zip([{ ...member, data: liar, deflate: true, byteLength: liar.length - data.length + 4 * 3 * 16384 * 5086 * 4 }]),
    "",
  ],
  ["the last packed bytes are others", zip([{ ...member, deflate: true, packed: changed(deflateRawSync(whole, { level: 0 }), -1, 0xff) }]), ""],
  ["a checksum of other bytes", zip([{ ...member, deflate: true, crc: 1 }]), ""],
];

/** Headers of `.safetensors` files. */
const safetensorsHeaders: readonly (readonly [name: string, bytes: Uint8Array, line: string])[] = [
  ["tensors that overlap", safetensors({ a: array, b: { ...array, data_offsets: [96, 288] } }, someFloats(72)), ""],
  ["a hole between tensors", safetensors({ a: array, b: { ...array, data_offsets: [196, 388] } }, someFloats(97)), ""],
  ["offsets that leave the file", safetensors({ a: { ...array, data_offsets: [4, 196] } }, data), ""],
  ["offsets that run backwards", safetensors({ a: { ...array, data_offsets: [192, 0] } }, data), ""],
  ["negative offsets", safetensors({ a: { ...array, data_offsets: [-192, 0] } }, data), ""],
  ["a shape that its offsets contradict", safetensors({ a: { ...array, shape: [4, 3, 2, 3] } }, data), ""],
  ["a shape whose product overflows", safetensors({ a: { ...array, shape: [4294967296, 4294967296, 1, 1] } }, data), ""],
  ["bytes after the last tensor", safetensors({ a: array }, someFloats(50)), ""],
  ["a dtype that is not supported", safetensors({ a: { ...array, dtype: "F8_E4M3", data_offsets: [0, 48] } }, new Uint8Array(48)), ""],
  ["a dtype that does not exist", safetensors({ a: { ...array, dtype: "F33" } }, data), ""],
  ["a header that leaves the file", safetensors({ a: array }, data, 5000n), ""],
  ["a header of 2^63 bytes", safetensors({ a: array }, data, 2n ** 63n), ""],
  ["a header that is not JSON", safetensors("{data: 1}", data), ""],
  ["a name that comes twice", safetensors(`{"a":${JSON.stringify(array)},"a":${JSON.stringify(array)}}`, data), ""],
  ["cut", tensors.subarray(0, -5), ""],
];

/** Compressed streams. */
const streams: readonly (readonly [name: string, file: string, bytes: Uint8Array, line: string])[] = [
  ["gzip: cut", "a.npy.gz", gzip(whole).subarray(0, -20), ""],
  ["gzip: corrupt", "a.npy.gz", changed(gzip(whole), -8, 0x55), ""],
  ["gzip: other bytes after its end", "a.npy.gz", Buffer.concat([gzip(whole), Buffer.from("garbage")]), ""],
  ["gzip: zeros after its end", "a.npy.gz", Buffer.concat([gzip(whole), new Uint8Array(512)]), ""],
  ["gzip: more than the header says", "a.npy.gz", gzip(Buffer.concat([whole, new Uint8Array(1 << 24)])), ""],
  ["gzip: less than the header says", "a.npy.gz", gzip(whole.subarray(0, -4)), ""],
  ["gzip: no tensor in it", "a.txt.gz", gzip(Buffer.from("hello, world")), ""],
  ["gzip: nothing in it", "a.npy.gz", gzip(new Uint8Array()), ""],
];

/** Other files that are no tensors. */
const others: readonly (readonly [name: string, file: string, bytes: Uint8Array, line: string, args?: readonly string[]])[] = [
  ["npy: cut in the data", "a.npy", whole.subarray(0, -5), ""],
  ["npy: cut in the header", "a.npy", whole.subarray(0, 40), ""],
  ["npy: cut before the header", "a.npy", whole.subarray(0, 8), ""],
  ["npy: bytes after the data", "a.npy", Buffer.concat([whole, Buffer.of(0)]), ""],
  ["npy: a header of 10 MB", "a.npy", npy(data, { version: 2, dict: `{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 2, 2)${" ".repeat(1e7)}}` }), ""],
  ["npy: a header length beyond the file", "a.npy", changed(whole, 8, 0xff, 0xff), ""],
  ["npy: a version that does not exist", "a.npy", changed(whole, 6, 9), ""],
  ["idx: cut", "a.idx", idx(8, [4, 5, 5], new Uint8Array(99)), ""],
  ["idx: bytes after the data", "a.idx", idx(8, [4, 5, 5], new Uint8Array(101)), ""],
  ["idx: a shape that leaves the file", "a.idx", idx(8, [0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(9)), ""],
  ["idx: a type that does not exist", "a.idx", idx(10, [4, 5, 5], new Uint8Array(100)), ""],
  ["raw: cut", "a.bin", data.subarray(0, -1), "", ["--shape", "4,3,2,2", "--dtype", "f4"]],
  ["raw: a shape whose product overflows", "a.bin", data, "", ["--shape", "4294967296,4294967296", "--dtype", "f4"]],
  ["an empty file", "a.npy", new Uint8Array(), ""],
  ["a file of another kind", "a.png", Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), ""],
];

/** Tensors that hold nothing that statistics could be taken of. */
const empty: readonly (readonly [name: string, shape: readonly number[], args: readonly string[], line: string])[] = [
  ["0 samples", [0, 3, 2, 2], [], ""],
  ["0 samples, instance norm", [0, 3, 2, 2], ["--norm", "instance"], ""],
  ["0 samples, layer norm", [0, 3, 2, 2], ["--norm", "layer"], ""],
  ["0 channels", [4, 0, 2, 2], [], ""],
  ["0 channels, instance norm", [4, 0, 2, 2], ["--norm", "instance"], ""],
  ["0 positions", [4, 3, 0, 2], [], ""],
];

/** Values that statistics refuse. */
const values: readonly (readonly [name: string, bytes: Uint8Array, args: readonly string[], line: string])[] = [
  ["batch norm of one sample of a table", npyOf([1, 5]), [], ""],
  ["instance norm of a table", npyOf([4, 5]), ["--norm", "instance"], ""],
  ["instance norm of planes of one value", npyOf([4, 3, 1, 1]), ["--norm", "instance"], ""],
  ["group norm of groups of one value", npyOf([4, 6]), ["--norm", "group", "--groups", "6"], ""],
  ["a last batch of one value", npyOf([5, 3]), ["--batch-size", "2"], ""],
  ["a constant channel and no eps", npyOf([4, 2], [1, 5, 2, 5, 3, 5, 4, 5]), ["--eps", "0"], ""],
  ["NaN under the policy error", npyOf([4, 3, 2, 2], Array.from({ length: 48 }, (_, i) => (i === 22 || i === 31 ? Number.NaN : i))), ["--nan", "error"], ""],
  ["NaN under the policy error, instance norm", npyOf([4, 3, 2, 2], Array.from({ length: 48 }, (_, i) => (i === 22 || i === 31 ? Number.NaN : i))), ["--nan", "error", "--norm", "instance"], ""],
  ["an infinity under the policy error", npyOf([4, 3], [...Array(11).fill(1), Number.NEGATIVE_INFINITY]), ["--nan", "error"], ""],
];

/** Calls that do not fit their input. */
const misfits: readonly (readonly [name: string, bytes: Uint8Array, args: readonly string[], line: string])[] = [
  ["a channel axis that the layout lacks", npyOf([4, 3]), ["--layout", "NCHW"], ""],
  ["a layout of too few axes", npyOf([4, 3, 2, 2]), ["--layout", "NHW"], ""],
  ["a tensor without channels", npyOf([48]), [], ""],
  ["a tensor of too many axes", npyOf([1, 2, 3, 2, 2, 2]), [], ""],
  ["a shape that the header contradicts", whole, ["--shape", "4,3,4", "--dtype", "f4"], ""],
  ["a dtype that the header contradicts", whole, ["--shape", "4,3,2,2", "--dtype", "i4"], ""],
  ["a tensor that is not there", packed, ["--select", "weight"], ""],
  ["groups that do not divide the channels", whole, ["--norm", "group", "--groups", "2"], ""],
];

/** Vectors that do not fit their input. */
const vectors: readonly (readonly [name: string, vector: Uint8Array, args: readonly string[], code: 2 | 3, line: string])[] = [
  ["weight of the wrong length", npyOf([5]), ["--weight", "v.npy"], 2, ""],
  ["bias of the wrong length", npyOf([2]), ["--bias", "v.npy"], 2, ""],
  ["weight of one value for each element, with batch norm", npyOf([12]), ["--weight", "v.npy"], 2, ""],
  ["running statistics of the wrong length", npyOf([4]), ["--running-mean", "v.npy", "--running-var", "v.npy"], 2, ""],
  ["a running variance below 0", npyOf([3], [1, -2, 3]), ["--running-mean", "v.npy", "--running-var", "v.npy"], 3, ""],
  ["a weight that is cut", npyOf([3]).subarray(0, -1), ["--weight", "v.npy"], 3, ""],
  ["a weight of 4 GB that is not there", npy(data, { shape: "(1000000000,)" }), ["--weight", "v.npy"], 3, ""],
  ["a weight that is a bomb", zip([{ name: "v.npy", data: npy(new Uint8Array(40_000_000), { shape: "(10000000,)" }), deflate: true }]), ["--weight", "v.npy"], 3, ""],
];

const row = (name: string, file: string, bytes: Uint8Array, code: 2 | 3, line: string, rest: Partial<BadInput> = {}): BadInput => ({
  name,
  files: { [file]: bytes },
  code,
  line,
  ...rest,
});

export const badInputs: readonly BadInput[] = [
  ...npyHeaders.map(([name, header, line]) => row(`npy: ${name}`, "a.npy", npy(data, header), 3, line)),
  ...archives.map(([name, bytes, line]) => row(`npz: ${name}`, "a.npz", bytes, 3, line)),
  ...safetensorsHeaders.map(([name, bytes, line]) => row(`safetensors: ${name}`, "a.safetensors", bytes, 3, line)),
  ...streams.map(([name, file, bytes, line]) => row(name, file, bytes, 3, line)),
  ...others.map(([name, file, bytes, line, args]) => row(name, file, bytes, 3, line, args ? { args } : {})),
  ...empty.map(([name, shape, args, line]) => row(name, "a.npy", npyOf(shape), 3, line, { args })),
  ...values.map(([name, bytes, args, line]) => row(name, "a.npy", bytes, 3, line, { args })),
  ...misfits.map(([name, bytes, args, line]) => row(name, bytes === packed ? "a.npz" : "a.npy", bytes, 2, line, { args })),
  ...vectors.map(([name, vector, args, code, line]): BadInput => ({ name, files: { "a.npy": whole, "v.npy": vector }, args, code, line })),
];
