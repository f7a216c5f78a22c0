/** What the records of a stored member say. */
export interface StoredMember {
  readonly name: string;
  readonly byteLength: number;
  readonly crc: number;
  /** Where its local header stands. */
  readonly headerOffset: number;
}

/** Where the CRC-32 stands in a local header. */
export const LOCAL_CRC_OFFSET = 14;

const LIMIT_32 = 0xffffffff;
const LIMIT_16 = 0xffff;
/** 1980-01-01, the first date of zip: NumPy writes it too, and equal data gives equal bytes. */
const DOS_DATE = 0x0021;
const UTF8_FLAG = 0x0800;
/** A regular file that its owner may read and write, and others may not. */
const UNIX_MODE = 0o100600;

const isLarge = (member: StoredMember): boolean => member.byteLength >= LIMIT_32;

/** The record before a member's bytes; zip64 from 4 GiB. */
export function localHeader(member: StoredMember): Uint8Array {
  const extra = isLarge(member) ? zip64Extra([member.byteLength, member.byteLength]) : Buffer.alloc(0);
  const header = Buffer.alloc(30);
  header.writeUInt32LE(0x04034b50, 0);
  writeCommonFields(header, 4, member, isLarge(member));
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(member.name), extra]);
}

/** The records after the last member. */
export function centralDirectory(members: readonly StoredMember[], directoryOffset: number): Uint8Array {
  const records = members.map(centralRecord);
  const byteLength = records.reduce((sum, record) => sum + record.length, 0);
  return Buffer.concat([...records, endRecords(members.length, byteLength, directoryOffset)]);
}

function centralRecord(member: StoredMember): Buffer {
  const large = isLarge(member);
  const far = member.headerOffset >= LIMIT_32;
  const extra =
    large || far
      ? zip64Extra([...(large ? [member.byteLength, member.byteLength] : []), ...(far ? [member.headerOffset] : [])])
      : Buffer.alloc(0);
  const record = Buffer.alloc(46);
  record.writeUInt32LE(0x02014b50, 0);
  record.writeUInt16LE((3 << 8) | 45, 4);
  writeCommonFields(record, 6, member, large || far);
  record.writeUInt16LE(extra.length, 30);
  record.writeUInt32LE(UNIX_MODE * 0x10000, 38);
  record.writeUInt32LE(far ? LIMIT_32 : member.headerOffset, 42);
  return Buffer.concat([record, Buffer.from(member.name), extra]);
}

/** From "version needed" to the length of the name: the same in both records. */
function writeCommonFields(record: Buffer, at: number, member: StoredMember, zip64: boolean): void {
  const name = Buffer.from(member.name);
  const size = isLarge(member) ? LIMIT_32 : member.byteLength;
  record.writeUInt16LE(zip64 ? 45 : 20, at);
  record.writeUInt16LE(name.length === member.name.length ? 0 : UTF8_FLAG, at + 2);
  record.writeUInt16LE(0, at + 4);
  record.writeUInt16LE(0, at + 6);
  record.writeUInt16LE(DOS_DATE, at + 8);
  record.writeUInt32LE(member.crc, at + 10);
  record.writeUInt32LE(size, at + 14);
  record.writeUInt32LE(size, at + 18);
  record.writeUInt16LE(name.length, at + 22);
}

function zip64Extra(values: readonly number[]): Buffer {
  const extra = Buffer.alloc(4 + 8 * values.length);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(8 * values.length, 2);
  for (const [i, value] of values.entries()) extra.writeBigUInt64LE(BigInt(value), 4 + 8 * i);
  return extra;
}

function endRecords(count: number, byteLength: number, offset: number): Buffer {
  const zip64 = count >= LIMIT_16 || byteLength >= LIMIT_32 || offset >= LIMIT_32;
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, LIMIT_16), 8);
  end.writeUInt16LE(Math.min(count, LIMIT_16), 10);
  end.writeUInt32LE(Math.min(byteLength, LIMIT_32), 12);
  end.writeUInt32LE(Math.min(offset, LIMIT_32), 16);
  if (!zip64) return end;
  const end64 = Buffer.alloc(56);
  end64.writeUInt32LE(0x06064b50, 0);
  end64.writeBigUInt64LE(44n, 4);
  end64.writeUInt16LE((3 << 8) | 45, 12);
  end64.writeUInt16LE(45, 14);
  end64.writeBigUInt64LE(BigInt(count), 24);
  end64.writeBigUInt64LE(BigInt(count), 32);
  end64.writeBigUInt64LE(BigInt(byteLength), 40);
  end64.writeBigUInt64LE(BigInt(offset), 48);
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(offset + byteLength), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([end64, locator, end]);
}
