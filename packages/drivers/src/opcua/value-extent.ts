/** Where a value ends on the wire, and why it must not be taken as it stands. */
export interface Extent {
  readonly end: number;
  /** Null where nothing speaks against it. */
  readonly why: string | null;
  /** Of structures that are the value itself, or its elements; empty where one has none. */
  readonly bodies: readonly Uint8Array[];
}

const TYPE_MASK = 0x3f;
const ARRAY = 0x80;
const DIMENSIONS = 0x40;
/** What is deeper is no value of a plant. */
const DEPTH_MAX = 64;

/** Bytes of the built-in types that have always as many, by their numbers (OPC 10000-6 §5.1.2). */
const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 4, 8: 8, 9: 8, 10: 4, 11: 8, 13: 8, 14: 16, 19: 4 },
};
const EXTENSION_OBJECT = 22;
/** No types yet: whoever meets one takes it for bytes with a length. */
const UNASSIGNED = { from: 26, to: 31 };

/** Of a value as OPC UA writes it at `from`; null if its own lengths lead nowhere. */
export function extentOf(bytes: Uint8Array, from: number): Extent | null {
  const walk = new Walk(bytes, from);
  try {
    const why = walk.variant(0);
    return { end: walk.at, why, bodies: walk.bodies };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** Goes over values without making anything of them. What lies beyond the bytes is a RangeError. */
class Walk {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  bodies: Uint8Array[] = [];
  at: number;

  constructor(bytes: Uint8Array, from: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = from;
  }

  variant(depth: number): string | null {
    const mask = this.#byte();
    const type = mask & TYPE_MASK;
    const isArray = (mask & ARRAY) !== 0;
    if (type === 0 && !isArray) return null;
    const count = isArray ? this.#int32() : 1;
    // Of texts and times no element is shorter than a byte.
    if (count > this.#bytes.length - this.at) throw new RangeError("more than there is");
    let why: string | null = null;
    const size = SIZES[type];
    if (size !== undefined) this.#skip(Math.max(0, count) * size);
    else for (let index = 0; index < count; index++) why = this.#element(type, depth) ?? why;
    if ((mask & DIMENSIONS) === 0) return why;
    return this.#product() === Math.max(0, count) && isArray && count >= 0
      ? why
      : "an array that is not as large as its dimensions say";
  }

  #element(type: number, depth: number): string | null {
    if (depth > DEPTH_MAX) throw new RangeError("too deep");
    if (type >= UNASSIGNED.from && type <= UNASSIGNED.to) {
      this.#text();
      return `a type that is not known (${type})`;
    }
    switch (type) {
      case 12:
      case 15:
      case 16:
        this.#text();
        return null;
      case 17:
      case 18:
        this.#nodeId();
        return null;
      case 20:
        this.#skip(2);
        this.#text();
        return null;
      case 21:
        this.#localizedText();
        return null;
      case EXTENSION_OBJECT:
        return this.#structure(depth);
      case 23:
        return this.#dataValue(depth + 1);
      case 24:
        return this.variant(depth + 1);
      case 25:
        this.#diagnostics(depth + 1);
        return null;
      default:
        throw new RangeError("no such type");
    }
  }

  #structure(depth: number): string | null {
    const isTyped = this.#nodeId();
    const encoding = this.#byte();
    if (encoding === 0) {
      if (depth === 0) this.bodies.push(new Uint8Array());
      return null;
    }
    const from = this.at + 4;
    const isNull = this.#text() < 0;
    if (depth === 0) this.bodies.push(this.#bytes.subarray(from, this.at));
    if (encoding === 2) return "a structure in XML";
    if (encoding !== 1) return `a structure in an encoding that is not known (${encoding})`;
    if (!isTyped) return "a structure that does not say its type";
    return isNull ? "a structure without content" : null;
  }

  #dataValue(depth: number): string | null {
    const mask = this.#byte();
    const why = mask & 1 ? this.variant(depth) : null;
    const sizes = [0, 4, 8, 8, 2, 2];
    for (const [bit, size] of sizes.entries()) if (mask & (1 << bit)) this.#skip(size);
    return why;
  }

  #diagnostics(depth: number): void {
    if (depth > DEPTH_MAX) throw new RangeError("too deep");
    const mask = this.#byte();
    for (const bit of [0x01, 0x02, 0x04, 0x08]) if (mask & bit) this.#skip(4);
    if (mask & 0x10) this.#text();
    if (mask & 0x20) this.#skip(4);
    if (mask & 0x40) this.#diagnostics(depth + 1);
  }

  #localizedText(): void {
    const mask = this.#byte();
    if (mask & 1) this.#text();
    if (mask & 2) this.#text();
  }

  /** Whether it names anything. */
  #nodeId(): boolean {
    const encoding = this.#byte();
    const from = this.at;
    switch (encoding & 0x3f) {
      case 0:
        this.#skip(1);
        break;
      case 1:
        this.#skip(3);
        break;
      case 2:
        this.#skip(6);
        break;
      case 3:
      case 5:
        this.#skip(2);
        this.#text();
        break;
      case 4:
        this.#skip(18);
        break;
      default:
        throw new RangeError("no such node id");
    }
    const isNull = this.#bytes.subarray(from, this.at).every((byte) => byte === 0);
    if (encoding & 0x80) this.#text();
    if (encoding & 0x40) this.#skip(4);
    return !isNull;
  }

  #product(): number {
    const count = this.#int32();
    let product = count > 0 ? 1 : 0;
    for (let index = 0; index < count; index++) product *= this.#int32();
    return product;
  }

  /** A length and as many bytes; the length, which is negative where there is nothing. */
  #text(): number {
    const length = this.#int32();
    this.#skip(Math.max(0, length));
    return length;
  }

  #byte(): number {
    const byte = this.#view.getUint8(this.at);
    this.at++;
    return byte;
  }

  #int32(): number {
    const value = this.#view.getInt32(this.at, true);
    this.at += 4;
    return value;
  }

  #skip(count: number): void {
    if (this.at + count > this.#bytes.length) throw new RangeError("more than there is");
    this.at += count;
  }
}
