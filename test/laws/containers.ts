import { crc32 } from "node:zlib";
export const unused = crc32;
