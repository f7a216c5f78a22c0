import { deflateRawSync } from "node:zlib";
import { changed, deflatedNpz, gzip, idx, npy, npyOf, safetensors, someFloats, type ZipMember, zip } from "./file-bytes.js";

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
  [
    "a shape that is larger than the data",
    { shape: "(5, 3, 2, 2)" },
    "a.npy: the data is truncated; expected 316 bytes (76 of header, 240 of data), found 268. Copy or write the file again.",
  ],
  [
    "a shape that is smaller than the data",
    { shape: "(3, 3, 2, 2)" },
    "a.npy: 48 bytes follow the data; expected 220 bytes (76 of header, 144 of data), found 268. The header does not describe the whole file: write it again.",
  ],
  [
    "a dtype that is larger",
    { descr: "'<f8'" },
    "a.npy: the data is truncated; expected 460 bytes (76 of header, 384 of data), found 268. Copy or write the file again.",
  ],
  [
    "a dtype that is smaller",
    { descr: "'<f2'" },
    "a.npy: 96 bytes follow the data; expected 172 bytes (76 of header, 96 of data), found 268. The header does not describe the whole file: write it again.",
  ],
  [
    "an order that is none",
    { order: "'C'" },
    'a.npy, byte 10: fortran_order in the header is not True or False, found "C". Write the file again with np.save.',
  ],
  [
    "a shape that is no tuple",
    { shape: "[4, 3, 2, 2]" },
    "a.npy, byte 10: shape in the header is not a tuple; expected (2, 3), found a list. Write the file again with np.save.",
  ],
  [
    "a negative extent",
    { shape: "(-4, 3, 2, 2)" },
    "a.npy, byte 10: shape in the header holds what is no extent; expected whole numbers from 0 to 2^53 - 1, found -4. Write the file again with np.save.",
  ],
  [
    "an extent that is not whole",
    { shape: "(4.0, 3, 2, 2)" },
    'a.npy, byte 62: the header is not a Python literal; expected "," or ")", found ".0, 3, 2, 2), }\\n". Write the file again with np.save.',
  ],
  [
    "an extent beyond 2^53",
    { shape: `(${huge}, 3, 2, 2)` },
    "a.npy, byte 10: shape in the header holds what is no extent; expected whole numbers from 0 to 2^53 - 1, found 3.402823669209385e+38. Write the file again with np.save.",
  ],
  [
    "a shape whose product overflows 64 bits",
    { shape: "(4294967296, 4294967296, 1, 1)" },
    "a.npy: shape [4294967296, 4294967296, 1, 1] has too many elements; expected at most 2^53 - 1 in all. Write the file again with np.save.",
  ],
  [
    "a shape whose bytes overflow 2^53",
    { shape: "(2251799813685248, 3, 1, 1)" },
    "a.npy: the tensor takes too many bytes; expected at most 2^53 - 1. Write the file again with np.save.",
  ],
  [
    "a missing key",
    { dict: "{'descr': '<f4', 'shape': (4, 3, 2, 2)}" },
    "a.npy, byte 10: the header has other keys; expected descr, fortran_order, shape, found descr, shape. Write the file again with np.save.",
  ],
  [
    "code instead of a literal",
    { dict: "__import__('os').abort()" },
    "a.npy, byte 10: the header is not a Python literal; expected a dict, tuple, list, string, number, True, False or None, found \"__import__('os')\". Write the file again with np.save.",
  ],
  [
    "a dict that does not end",
    { dict: "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3," },
    "a.npy, byte 67: the header is not a Python literal; expected a dict, tuple, list, string, number, True, False or None, found the end of the header. Write the file again with np.save.",
  ],
  [
    "a structured dtype",
    { descr: "[('a', '<f4')]" },
    "a.npy: dtype structured is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Save each field as an array of its own: a['field'].",
  ],
  [
    "complex numbers",
    { descr: "'<c8'" },
    "a.npy: dtype complex64 is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Save a.real and a.imag as two arrays of float32.",
  ],
  [
    "64-bit integers",
    { descr: "'<i8'" },
    "a.npy: dtype int64 is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Convert with a.astype('int32') if the values fit, else a.astype('float64').",
  ],
  [
    "Python objects",
    { descr: "'|O'" },
    "a.npy: dtype object is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Python objects are not read: convert with np.stack(a) or a.astype('float32').",
  ],
  [
    "text",
    { descr: "'<U4'" },
    "a.npy: dtype <U4 is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Convert with a.astype('float32').",
  ],
  [
    "a dtype that does not exist",
    { descr: "'<f3'" },
    "a.npy: dtype <f3 is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Convert with a.astype('float32').",
  ],
];

/** Archives that are damaged, or meant to do damage. */
const archives: readonly (readonly [name: string, bytes: Uint8Array, line: string])[] = [
  [
    "cut in its directory",
    zip([member]).subarray(0, -30),
    "a.npz: is not a valid zip archive, found End of central directory record signature not found. Either not a zip file, or file is truncated. Copy or write the file again.",
  ],
  [
    "cut in its data",
    zip([member]).subarray(0, 200),
    "a.npz: is not a valid zip archive, found End of central directory record signature not found. Either not a zip file, or file is truncated. Copy or write the file again.",
  ],
  [
    "a name that climbs out",
    zip([{ ...member, name: "../data.npy" }]),
    "a.npz: is not a valid zip archive, found invalid relative path: ../data.npy. Copy or write the file again.",
  ],
  [
    "an absolute name",
    zip([{ ...member, name: "/tmp/data.npy" }]),
    "a.npz: is not a valid zip archive, found absolute path: /tmp/data.npy. Copy or write the file again.",
  ],
  [
    "a name with a drive",
    zip([{ ...member, name: "C:/data.npy" }]),
    "a.npz: is not a valid zip archive, found absolute path: C:/data.npy. Copy or write the file again.",
  ],
  [
    "a name that climbs out with backslashes",
    zip([{ ...member, name: "..\\data.npy" }]),
    "a.npz: is not a valid zip archive, found invalid relative path: ../data.npy. Copy or write the file again.",
  ],
  [
    "members that overlap",
    zip([
      { name: "a.npy", data: Buffer.concat([whole, inner]) },
      { ...member, name: "b.npy", offset: 35 + whole.length },
    ]),
    'a.npz, byte 303: member "b.npy" overlaps another one; expected byte 606 or later. Copy or write the file again.',
  ],
  [
    "members that share their bytes",
    zip([member, { ...member, offset: 0 }]),
    'a.npz: the archive holds "data.npy" twice. Copy or write the file again.',
  ],
  [
    "an encrypted member",
    zip([{ ...member, flags: 1, packed: Buffer.concat([new Uint8Array(12), whole]) }]),
    'a.npz: member "data.npy" is encrypted. Unpack it with its password, and save it without one.',
  ],
  [
    "a method that is not known",
    zip([{ ...member, method: 12 }]),
    'a.npz: member "data.npy" is packed by an unknown method; expected 0 (stored) or 8 (deflated), found 12. Save it with np.savez or np.savez_compressed.',
  ],
  [
    "no arrays",
    zip([{ name: "readme.txt", data: Buffer.from("hello") }]),
    "a.npz: the file holds no tensor; expected one or more. Write the file again, or name another one.",
  ],
  ["nothing", zip([]), "a.npz: the file holds no tensor; expected one or more. Write the file again, or name another one."],
  [
    "a bomb: more comes out than the directory says",
    zip([{ ...member, deflate: true, packed: deflateRawSync(Buffer.concat([whole, new Uint8Array(1 << 26)])) }]),
    "a.npz:data.npy: more data follows than the header says; expected 268 bytes, found 262144 or more. The header does not describe the whole file: write it again.",
  ],
  [
    "a bomb: the directory says 4 GB",
    zip([{ ...member, deflate: true, byteLength: 4_000_000_000 }]),
    "a.npz:data.npy: 3999999732 bytes follow the data; expected 268 bytes (76 of header, 192 of data), found 4000000000. The header does not describe the whole file: write it again.",
  ],
  [
    "a bomb: directory and header say 4 GB",
    zip([{ ...member, data: liar, deflate: true, byteLength: liar.length - data.length + 4 * 3 * 16384 * 5086 * 4 }]),
    "a.npz:data.npy: the data is truncated; expected 3999793235 bytes (83 of header, 3999793152 of data), found 275. Copy or write the file again.",
  ],
  [
    "the last packed bytes are others",
    zip([{ ...member, deflate: true, packed: changed(deflateRawSync(whole, { level: 0 }), -1, 0xff) }]),
    "a.npz:data.npy: the checksum (CRC-32) does not match; expected 7649495a, found c399866b. Copy or write the file again.",
  ],
  [
    "a checksum of other bytes",
    zip([{ ...member, deflate: true, crc: 1 }]),
    "a.npz:data.npy: the checksum (CRC-32) does not match; expected 00000001, found 7649495a. Copy or write the file again.",
  ],
];

/** Headers of `.safetensors` files. */
const safetensorsHeaders: readonly (readonly [name: string, bytes: Uint8Array, line: string])[] = [
  [
    "tensors that overlap",
    safetensors({ a: array, b: { ...array, data_offsets: [96, 288] } }, someFloats(72)),
    'a.safetensors, byte 132: tensor "b" overlaps another one; expected begin 192, found 96. Copy the file again, or write it again with save_file.',
  ],
  [
    "a hole between tensors",
    safetensors({ a: array, b: { ...array, data_offsets: [196, 388] } }, someFloats(97)),
    'a.safetensors, byte 133: tensor "b" leaves a hole before it; expected begin 192, found 196. Copy the file again, or write it again with save_file.',
  ],
  [
    "offsets that leave the file",
    safetensors({ a: { ...array, data_offsets: [4, 196] } }, data),
    'a.safetensors, byte 70: tensor "a" leaves a hole before it; expected begin 0, found 4. Copy the file again, or write it again with save_file.',
  ],
  [
    "offsets that run backwards",
    safetensors({ a: { ...array, data_offsets: [192, 0] } }, data),
    'a.safetensors, byte 8: data_offsets of tensor "a" is malformed; expected begin <= end, found 192 and 0. Copy the file again, or write it again with save_file.',
  ],
  [
    "negative offsets",
    safetensors({ a: { ...array, data_offsets: [-192, 0] } }, data),
    'a.safetensors, byte 8: data_offsets of tensor "a" is malformed; expected two whole numbers, begin and end. Copy the file again, or write it again with save_file.',
  ],
  [
    "a shape that its offsets contradict",
    safetensors({ a: { ...array, shape: [4, 3, 2, 3] } }, data),
    'a.safetensors, byte 8: data_offsets of tensor "a" is malformed; expected 288 bytes for shape [4,3,2,3] of F32, found 192. Copy the file again, or write it again with save_file.',
  ],
  [
    "a shape whose product overflows",
    safetensors({ a: { ...array, shape: [4294967296, 4294967296, 1, 1] } }, data),
    "a.safetensors, byte 8: shape [4294967296, 4294967296, 1, 1] has too many elements; expected at most 2^53 - 1 in all. Copy the file again, or write it again with save_file.",
  ],
  [
    "bytes after the last tensor",
    safetensors({ a: array }, someFloats(50)),
    "a.safetensors, byte 70: 8 bytes follow the data; expected 192 bytes of data, found 200. Copy the file again, or write it again with save_file.",
  ],
  [
    "a dtype that is not supported",
    safetensors({ a: { ...array, dtype: "F8_E4M3", data_offsets: [0, 48] } }, new Uint8Array(48)),
    "a.safetensors: dtype F8_E4M3 is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Convert it with tensor.to(torch.float32).",
  ],
  [
    "a dtype that does not exist",
    safetensors({ a: { ...array, dtype: "F33" } }, data),
    "a.safetensors: dtype F33 is not supported; expected float64, float32, float16, bfloat16, int32, int16, uint16, int8 or uint8. Convert it with tensor.to(torch.float32).",
  ],
  [
    "a header that leaves the file",
    safetensors({ a: array }, data, 5000n),
    "a.safetensors, byte 0: the header leaves the file; expected 5008 bytes, found 262. Copy the file again, or write it again with save_file.",
  ],
  [
    "a header of 2^63 bytes",
    safetensors({ a: array }, data, 2n ** 63n),
    "a.safetensors, byte 0: the header is too long; expected at most 100000000 bytes, found 9223372036854775808. Copy the file again, or write it again with save_file.",
  ],
  [
    "a header that is not JSON",
    safetensors("{data: 1}", data),
    'a.safetensors, byte 9: the header is not valid JSON; expected a key in quotes, found "data: 1}". Copy the file again, or write it again with save_file.',
  ],
  [
    "a name that comes twice",
    safetensors(`{"a":${JSON.stringify(array)},"a":${JSON.stringify(array)}}`, data),
    'a.safetensors, byte 70: the header is not valid JSON; expected the key "a" once, found "\\"a\\":{\\"dtype\\":\\"F3". Copy the file again, or write it again with save_file.',
  ],
  [
    "cut",
    tensors.subarray(0, -5),
    'a.safetensors, byte 73: the data is truncated in tensor "data"; expected 192 bytes of data, found 187. Copy the file again, or write it again with save_file.',
  ],
];

/** Compressed streams. */
const streams: readonly (readonly [name: string, file: string, bytes: Uint8Array, line: string])[] = [
  [
    "gzip: cut",
    "a.npy.gz",
    gzip(whole).subarray(0, -20),
    "a.npy.gz: the compressed data is cut off; expected a complete stream, found unexpected end of file. Copy or write the file again.",
  ],
  [
    "gzip: corrupt",
    "a.npy.gz",
    changed(gzip(whole), -8, 0x55),
    "a.npy.gz: the compressed data is corrupt; expected a complete stream, found incorrect data check. Copy or write the file again.",
  ],
  [
    "gzip: other bytes after its end",
    "a.npy.gz",
    Buffer.concat([gzip(whole), Buffer.from("garbage")]),
    "a.npy.gz: the compressed data is corrupt; expected a complete stream, found incorrect header check. Copy or write the file again.",
  ],
  [
    "gzip: zeros after its end",
    "a.npy.gz",
    Buffer.concat([gzip(whole), new Uint8Array(512)]),
    "a.npy.gz: 512 bytes follow the compressed data; expected 232 bytes, found 744. Copy or write the file again.",
  ],
  [
    "gzip: more than the header says",
    "a.npy.gz",
    gzip(Buffer.concat([whole, new Uint8Array(1 << 24)])),
    "a.npy.gz: more data follows than the header says; expected 268 bytes, found 262144 or more. The header does not describe the whole file: write it again.",
  ],
  [
    "gzip: less than the header says",
    "a.npy.gz",
    gzip(whole.subarray(0, -4)),
    "a.npy.gz: the data is truncated; expected 268 bytes (76 of header, 192 of data), found 264. Copy or write the file again.",
  ],
  [
    "gzip: no tensor in it",
    "a.txt.gz",
    gzip(Buffer.from("hello, world")),
    "a.txt.gz: the gzip stream holds no tensor that is read from gzip; expected an IDX or .npy file. Unpack it with gunzip and open what comes out.",
  ],
  [
    "gzip: nothing in it",
    "a.npy.gz",
    gzip(new Uint8Array()),
    "a.npy.gz: the gzip stream holds no tensor that is read from gzip; expected an IDX or .npy file. Unpack it with gunzip and open what comes out.",
  ],
];

/** Other files that are no tensors. */
const others: readonly (readonly [name: string, file: string, bytes: Uint8Array, line: string, args?: readonly string[]])[] = [
  [
    "npy: cut in the data",
    "a.npy",
    whole.subarray(0, -5),
    "a.npy: the data is truncated; expected 268 bytes (76 of header, 192 of data), found 263. Copy or write the file again.",
  ],
  [
    "npy: cut in the header",
    "a.npy",
    whole.subarray(0, 40),
    "a.npy, byte 8: the header leaves the file; expected 76 bytes, found 40. Write the file again with np.save.",
  ],
  [
    "npy: cut before the header",
    "a.npy",
    whole.subarray(0, 8),
    "a.npy: the header is truncated; expected at least 10 bytes, found 8. Write the file again with np.save.",
  ],
  [
    "npy: bytes after the data",
    "a.npy",
    Buffer.concat([whole, Buffer.of(0)]),
    "a.npy: 1 byte follows the data; expected 268 bytes (76 of header, 192 of data), found 269. The header does not describe the whole file: write it again.",
  ],
  [
    "npy: a header of 10 MB",
    "a.npy",
    npy(data, { version: 2, dict: `{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3, 2, 2)${" ".repeat(1e7)}}` }),
    "a.npy, byte 8: the header is too long; expected at most 1048576 bytes, found 10000064. Write the file again with np.save.",
  ],
  [
    "npy: a header length beyond the file",
    "a.npy",
    changed(whole, 8, 0xff, 0xff),
    "a.npy, byte 8: the header leaves the file; expected 65545 bytes, found 268. Write the file again with np.save.",
  ],
  [
    "npy: a version that does not exist",
    "a.npy",
    changed(whole, 6, 9),
    "a.npy, byte 6: unknown version of .npy; expected 1.0, 2.0 or 3.0, found 9.0. Write the file again with np.save.",
  ],
  [
    "idx: cut",
    "a.idx",
    idx(8, [4, 5, 5], new Uint8Array(99)),
    "a.idx: the data is truncated; expected 116 bytes (16 of header, 100 of data), found 115. Copy or write the file again.",
  ],
  [
    "idx: bytes after the data",
    "a.idx",
    idx(8, [4, 5, 5], new Uint8Array(101)),
    "a.idx: 1 byte follows the data; expected 116 bytes (16 of header, 100 of data), found 117. The header does not describe the whole file: write it again.",
  ],
  [
    "idx: a shape that leaves the file",
    "a.idx",
    idx(8, [0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(9)),
    "a.idx, byte 4: shape [4294967295, 4294967295, 4294967295] has too many elements; expected at most 2^53 - 1 in all. Copy or download the file again.",
  ],
  [
    "idx: a type that does not exist",
    "a.idx",
    idx(10, [4, 5, 5], new Uint8Array(100)),
    "a.idx, byte 2: unknown type of elements in an IDX header; expected 0x08 (uint8), 0x09 (int8), 0x0b (int16), 0x0c (int32), 0x0d (float32) or 0x0e (float64), found 0x0a. Copy or download the file again.",
  ],
  [
    "raw: cut",
    "a.bin",
    data.subarray(0, -1),
    "a.bin: the data is truncated; expected 192 bytes, found 191. Copy or write the file again.",
    ["--shape", "4,3,2,2", "--dtype", "f4"],
  ],
  [
    "raw: a shape whose product overflows",
    "a.bin",
    data,
    "a.bin: shape [4294967296, 4294967296] has too many elements; expected at most 2^53 - 1 in all. Give the shape that the data has.",
    ["--shape", "4294967296,4294967296", "--dtype", "f4"],
  ],
  ["an empty file", "a.npy", new Uint8Array(), "a.npy: the file is empty; expected a tensor. Copy or write the file again."],
  [
    "a file of another kind",
    "a.pdf",
    Buffer.from("%PDF-1.7", "latin1"),
    "a.pdf: the format is not known; expected .npy, .npz, .safetensors, IDX (also .gz), .tar, HDF5, GeoTIFF, .parquet, .arrow, .csv, an image or raw data, found bytes 25 50 44 46 2d 31 2e 37. For data without a header give --shape and --dtype.",
  ],
];

/** Tensors that hold nothing that statistics could be taken of. */
const empty: readonly (readonly [name: string, shape: readonly number[], args: readonly string[], line: string])[] = [
  [
    "0 samples",
    [0, 3, 2, 2],
    [],
    "a.npy: shape [0, 3, 2, 2] holds no values; expected at least one sample, channel and position",
  ],
  [
    "0 samples, instance norm",
    [0, 3, 2, 2],
    ["--norm", "instance"],
    "a.npy: shape [0, 3, 2, 2] holds no values; expected at least one sample, channel and position",
  ],
  [
    "0 samples, layer norm",
    [0, 3, 2, 2],
    ["--norm", "layer"],
    "a.npy: shape [0, 3, 2, 2] holds no values; expected at least one sample, channel and position",
  ],
  [
    "0 channels",
    [4, 0, 2, 2],
    [],
    "a.npy: shape [4, 0, 2, 2] holds no values; expected at least one sample, channel and position",
  ],
  [
    "0 channels, instance norm",
    [4, 0, 2, 2],
    ["--norm", "instance"],
    "a.npy: shape [4, 0, 2, 2] holds no values; expected at least one sample, channel and position",
  ],
  [
    "0 positions",
    [4, 3, 0, 2],
    [],
    "a.npy: shape [4, 3, 0, 2] holds no values; expected at least one sample, channel and position",
  ],
];

/** Values that statistics refuse. */
const values: readonly (readonly [name: string, bytes: Uint8Array, args: readonly string[], line: string])[] = [
  [
    "batch norm of one sample of a table",
    npyOf([1, 5]),
    [],
    "a.npy: one value per channel; expected more than 1 value for each statistic of batch norm, found shape [1, 5] (NC). Use larger batches, or running averages (inference).",
  ],
  [
    "instance norm of a table",
    npyOf([4, 5]),
    ["--norm", "instance"],
    "a.npy: one value per channel; expected more than 1 value for each statistic of instance norm, found shape [4, 5] (NC). Use layer norm, or batch norm over many samples.",
  ],
  [
    "instance norm of planes of one value",
    npyOf([4, 3, 1, 1]),
    ["--norm", "instance"],
    "a.npy: one value per channel; expected more than 1 value for each statistic of instance norm, found shape [4, 3, 1, 1] (NCHW). Use layer norm, or batch norm over many samples.",
  ],
  [
    "group norm of groups of one value",
    npyOf([4, 6]),
    ["--norm", "group", "--groups", "6"],
    "a.npy: one value per group; expected more than 1 value for each statistic of group norm, found shape [4, 6] (NC). Use layer norm, or batch norm over many samples.",
  ],
  [
    "a last batch of one value",
    npyOf([5, 3]),
    ["--batch-size", "2"],
    "a.npy: one value per channel in batch 2; expected more than 1 value for each statistic of batch norm, found shape [5, 3] (NC). Use larger batches, or running averages (inference).",
  ],
  [
    "a constant channel and no eps",
    npyOf([4, 2], [1, 5, 2, 5, 3, 5, 4, 5]),
    ["--eps", "0"],
    "a.npy, channel 1: the variance is 0 and eps is 0: nothing to divide by. Give an eps above 0.",
  ],
  [
    "NaN under the policy error",
    npyOf(
      [4, 3, 2, 2],
      Array.from({ length: 48 }, (_, i) => (i === 22 || i === 31 ? Number.NaN : i)),
    ),
    ["--nan", "error"],
    'a.npy, sample 1, channel 2: position 2 of the plane holds NaN; expected finite values. Leave such values out with the NaN policy "omit", or let them through with "propagate".',
  ],
  [
    "NaN under the policy error, instance norm",
    npyOf(
      [4, 3, 2, 2],
      Array.from({ length: 48 }, (_, i) => (i === 22 || i === 31 ? Number.NaN : i)),
    ),
    ["--nan", "error", "--norm", "instance"],
    'a.npy, sample 1, channel 2: position 2 of the plane holds NaN; expected finite values. Leave such values out with the NaN policy "omit", or let them through with "propagate".',
  ],
  [
    "an infinity under the policy error",
    npyOf([4, 3], [...Array(11).fill(1), Number.NEGATIVE_INFINITY]),
    ["--nan", "error"],
    'a.npy, sample 3, channel 2: position 0 of the plane holds -Infinity; expected finite values. Leave such values out with the NaN policy "omit", or let them through with "propagate".',
  ],
];

/** Calls that do not fit their input. */
const misfits: readonly (readonly [name: string, bytes: Uint8Array, args: readonly string[], line: string])[] = [
  [
    "a channel axis that the layout lacks",
    npyOf([4, 3]),
    ["--layout", "NCHW"],
    "a.npy: layout NCHW does not fit shape [4, 3]; expected rank 4, found rank 2. Name the axes with --layout.",
  ],
  [
    "a layout of too few axes",
    npyOf([4, 3, 2, 2]),
    ["--layout", "NHW"],
    "a.npy: layout NHW does not fit shape [4, 3, 2, 2]; expected rank 3, found rank 4. Name the axes with --layout.",
  ],
  [
    "a tensor without channels",
    npyOf([48]),
    [],
    "a.npy: a tensor of shape [48] has no samples and channels; expected rank 2 (NC), 3 (NCL), 4 (NCHW) or 5 (NCDHW), found rank 1",
  ],
  [
    "a tensor of too many axes",
    npyOf([1, 2, 3, 2, 2, 2]),
    [],
    "a.npy: a tensor of shape [1, 2, 3, 2, 2, 2] has no samples and channels; expected rank 2 (NC), 3 (NCL), 4 (NCHW) or 5 (NCDHW), found rank 6",
  ],
  [
    "a shape that the header contradicts",
    whole,
    ["--shape", "4,3,4", "--dtype", "f4"],
    "a.npy: --shape contradicts the header; expected [4, 3, 2, 2], found [4, 3, 4]",
  ],
  [
    "a dtype that the header contradicts",
    whole,
    ["--shape", "4,3,2,2", "--dtype", "i4"],
    "a.npy: --dtype contradicts the header; expected float32, found i4",
  ],
  ["a tensor that is not there", packed, ["--select", "weight"], 'a.npz: the file holds no tensor "weight". It holds data.'],
  [
    "groups that do not divide the channels",
    whole,
    ["--norm", "group", "--groups", "2"],
    "a.npy: 2 groups do not divide 3 channels; expected a divisor of the number of channels",
  ],
];

/** Vectors that do not fit their input. */
const vectors: readonly (readonly [name: string, vector: Uint8Array, args: readonly string[], code: 2 | 3, line: string])[] = [
  [
    "weight of the wrong length",
    npyOf([5]),
    ["--weight", "v.npy"],
    2,
    "weight holds 5 values; expected 3, one for each channel of the input",
  ],
  [
    "bias of the wrong length",
    npyOf([2]),
    ["--bias", "v.npy"],
    2,
    "bias holds 2 values; expected 3, one for each channel of the input",
  ],
  [
    "weight of one value for each element, with batch norm",
    npyOf([12]),
    ["--weight", "v.npy"],
    2,
    "weight holds 12 values; expected 3, one for each channel of the input",
  ],
  [
    "running statistics of the wrong length",
    npyOf([4]),
    ["--running-mean", "v.npy", "--running-var", "v.npy"],
    2,
    "runningMean holds 4 values; expected 3, one for each channel of the input",
  ],
  [
    "a running variance below 0",
    npyOf([3], [1, -2, 3]),
    ["--running-mean", "v.npy", "--running-var", "v.npy"],
    3,
    "channel 1: runningVar holds -2; expected 0 or more",
  ],
  [
    "a weight that is cut",
    npyOf([3]).subarray(0, -1),
    ["--weight", "v.npy"],
    3,
    "v.npy: the data is truncated; expected 80 bytes (68 of header, 12 of data), found 79. Copy or write the file again.",
  ],
  [
    "a weight of 4 GB that is not there",
    npy(data, { shape: "(1000000000,)" }),
    ["--weight", "v.npy"],
    3,
    "v.npy: the data is truncated; expected 4000000077 bytes (77 of header, 4000000000 of data), found 269. Copy or write the file again.",
  ],
  [
    "a weight that is a bomb",
    zip([{ name: "v.npy", data: npy(new Uint8Array(40_000_000), { shape: "(10000000,)" }), deflate: true }]),
    ["--weight", "v.npy"],
    3,
    "v.npy: the vector is too large; expected at most 8000000 values, found 10000000",
  ],
];

const row = (
  name: string,
  file: string,
  bytes: Uint8Array,
  code: 2 | 3,
  line: string,
  rest: Partial<BadInput> = {},
): BadInput => ({
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
  ...vectors.map(
    ([name, vector, args, code, line]): BadInput => ({ name, files: { "a.npy": whole, "v.npy": vector }, args, code, line }),
  ),
];
