import { crc32, inflateRawSync } from "node:zlib";

const END_MARK = 0x06054b50;
const ENTRY_MARK = 0x02014b50;
const LOCAL_MARK = 0x04034b50;
/** A table of ten thousand points is far smaller; a file that unpacks to more is none. */
const UNPACKED_BYTES_MAX = 32 * 1024 * 1024;

/** Why a file is no archive that can be read. */
export class BadArchive extends Error {
  override name = "BadArchive";
}

/** The files of an archive whose names `isWanted`, unpacked. */
export function readZip(
  bytes: Buffer,
  isWanted: (name: string) => boolean,
): ReadonlyMap<string, Buffer> {
  const end = bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > bytes.length) throw new BadArchive("it is no zip archive");
  const files = new Map<string, Buffer>();
  let left = UNPACKED_BYTES_MAX;
  let at = bytes.readUInt32LE(end + 16);
  for (let count = bytes.readUInt16LE(end + 10); count > 0; count--) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== ENTRY_MARK) {
      throw new BadArchive("its directory is damaged");
    }
    const nameLength = bytes.readUInt16LE(at + 28);
    const name = bytes.toString("utf8", at + 46, at + 46 + nameLength);
    if (isWanted(name)) {
      const file = unpack(bytes, at, left);
      left -= file.length;
      files.set(name, file);
    }
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
  return files;
}

function unpack(bytes: Buffer, entryAt: number, bytesMax: number): Buffer {
  const method = bytes.readUInt16LE(entryAt + 10);
  const packedLength = bytes.readUInt32LE(entryAt + 20);
  const local = bytes.readUInt32LE(entryAt + 42);
  if (local + 30 > bytes.length || bytes.readUInt32LE(local) !== LOCAL_MARK) {
    throw new BadArchive("one of its files is damaged");
  }
  const from = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
  const packed = bytes.subarray(from, from + packedLength);
  if (method === 0 && packed.length <= bytesMax) return packed;
  if (method !== 8) throw new BadArchive("one of its files is packed in an unknown way");
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, bytesMax) });
  } catch (error) {
    throw new BadArchive("one of its files is damaged or too large", { cause: error });
  }
}

/** An archive of a few small files, as they are. */
export function writeZip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const content = Buffer.from(text, "utf8");
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    // Names are UTF-8; 1 January 1980, as nothing tells the time here.
    shared.writeUInt16LE(0x0800, 2);
    shared.writeUInt16LE(0x21, 8);
    shared.writeUInt32LE(crc32(content), 10);
    shared.writeUInt32LE(content.length, 14);
    shared.writeUInt32LE(content.length, 18);
    shared.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([mark(LOCAL_MARK), shared, Buffer.from(name), content]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    const version = Buffer.from([20, 0]);
    directory.push(Buffer.concat([mark(ENTRY_MARK), version, shared, rest, Buffer.from(name)]));
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(18);
  const listed = Buffer.concat(directory);
  end.writeUInt16LE(directory.length, 4);
  end.writeUInt16LE(directory.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...parts, listed, mark(END_MARK), end]);
}

function mark(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
