import { pick, type Random, randomBytes } from "./random.ts";

/** Bytes where parsers count wrong. */
const EDGES = [0, 1, 0x7f, 0x80, 0xfe, 0xff];

/** One fault of a line, or of somebody who means it: cut, lost, doubled, put in, changed. */
export function damage(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return randomBytes(random, 1 + random(8));
  const at = random(bytes.length);
  switch (random(7)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
    case 2:
      return spliced(bytes, at, randomBytes(random, 1 + random(3)));
    case 3:
      return spliced(bytes, at, bytes.subarray(random(at + 1), at));
    default:
      return changed(bytes, random);
  }
}

function spliced(bytes: Buffer, at: number, more: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function changed(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  for (let left = random(3); left >= 0; left--) {
    const at = random(copy.length);
    const kind = random(3);
    if (kind === 0) copy[at] = random(256);
    else if (kind === 1) copy[at] = pick(random, EDGES);
    else copy[at] = (copy[at] as number) ^ (1 << random(8));
  }
  return copy;
}

/** A frame as it is, damaged, begun by one and ended by another, or no frame at all. */
export function vary(random: Random, valid: (random: Random) => Buffer): Buffer {
  const kind = random(16);
  if (kind < 5) return valid(random);
  if (kind < 12) return damage(valid(random), random);
  if (kind < 14) {
    const [one, other] = [valid(random), valid(random)];
    const end = other.subarray(random(other.length + 1));
    return Buffer.concat([one.subarray(0, random(one.length + 1)), end]);
  }
  return randomBytes(random, random(kind === 14 ? 12 : 300));
}

/** Bytes as a wire hands them over: in pieces that fall anywhere. */
export function inPieces(bytes: Buffer, random: Random): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + random(bytes.length);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}

/** Mostly little; bytes that mean something among those that do not. */
export function garbage(random: Random, meaningful: readonly number[]): Buffer {
  const bytes = randomBytes(random, random(7));
  for (let at = 0; at < bytes.length; at++) {
    if (random(2) === 0) bytes[at] = pick(random, meaningful);
  }
  return bytes;
}
