import type { ByteReader } from "../block/byte-reader.ts";
import type { ByteWriter } from "../block/byte-writer.ts";

const view = new DataView(new ArrayBuffer(8));
const bytes = new Uint8Array(view.buffer);

export function writeDouble(value: number, writer: ByteWriter): void {
  view.setFloat64(0, value);
  for (let at = 0; at < 8; at++) writer.byte(bytes[at] as number);
}

export function readDouble(reader: ByteReader): number {
  bytes.set(reader.take(8));
  return view.getFloat64(0);
}
