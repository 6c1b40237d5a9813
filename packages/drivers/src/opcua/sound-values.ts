import { DataType, ExtensionObject, Variant, VariantArrayType } from "node-opcua-client";
import { Undecodable } from "./undecodable.ts";
import { type Extent, extentOf } from "./value-extent.ts";

/** What is used of the library's stream. */
interface Stream {
  readonly buffer: Buffer;
  /** Where it is. */
  length: number;
}

const TYPE_MASK = 0x3f;
const decodeAsIs = Variant.prototype.decode;

/**
 * Keeps what one value is not from its neighbours. The library gives a whole answer up for a value
 * that it cannot decode, or goes on at a wrong place, and fills a standard structure that does not
 * fit its type with zeros. From here on each such value is `Undecodable`, and the next is read
 * where it begins. Safe to call twice; it holds for the whole thread.
 */
export function decodeSoundly(): void {
  Variant.prototype.decode = function (this: Variant, given) {
    const stream = given as unknown as Stream;
    const from = stream.length;
    const type = (stream.buffer[from] ?? 0) & TYPE_MASK;
    const extent = type < DataType.ExtensionObject ? null : extentOf(stream.buffer, from);
    if (extent?.why) spoil(this, stream, extent);
    else {
      try {
        decodeAsIs.call(this, given);
        if (extent && !isSound(this, stream, extent)) spoil(this, stream, extent);
      } catch (error) {
        const found = extent ?? extentOf(stream.buffer, from);
        // Nobody knows where it ends: the answer as a whole is no good.
        if (!found) throw error;
        spoil(this, stream, found);
      }
    }
  };
}

function spoil(variant: Variant, stream: Stream, { why, end }: Extent): void {
  variant.dataType = DataType.Null;
  variant.arrayType = VariantArrayType.Scalar;
  variant.dimensions = null;
  variant.value = new Undecodable(why ?? "its bytes are not as its type says");
  stream.length = end;
}

/** Whether it ends where it must, and its standard structures are as their types say. */
function isSound(variant: Variant, stream: Stream, { end, bodies }: Extent): boolean {
  if (stream.length !== end) return false;
  if (variant.dataType !== DataType.ExtensionObject) return true;
  const values: unknown[] =
    variant.arrayType === VariantArrayType.Scalar ? [variant.value] : (variant.value ?? []);
  const BodyStream = stream.constructor as new (body: Buffer) => Parameters<typeof decodeAsIs>[0];
  return values.every((value, index) => {
    if (!(value instanceof ExtensionObject) || isOpaque(value)) return true;
    const again = new (value.constructor as new () => ExtensionObject)();
    try {
      again.decode(new BodyStream(Buffer.from(bodies[index] ?? [])));
      return true;
    } catch {
      return false; // The library would show what it had not read as zeros.
    }
  });
}

/** Of a type of the server's own: its bytes, until its type is known. */
const isOpaque = ({ schema }: ExtensionObject) => schema.name === "ExtensionObject";
