import type { ByteReader } from "../block/byte-reader.ts";
import type { ByteWriter } from "../block/byte-writer.ts";
import { readDouble, writeDouble } from "./doubles.ts";
import { numberOf, type Scale, UNSCALED, wholeOf } from "./number-scale.ts";
import { emptyRollup, type Rollup } from "./rollup.ts";

// Rollups of one point: one byte names the scale (UNSCALED: numbers are 8 bytes), then for each
//   varint  how many stretches after the one before
//   varint  8 * count + flags;  varint  badCount
//   first, and unless it is flat last, min, max, lost (8 bytes) if it says so, and where the mean
//   lies between min and max in 24 bits

const ROLLUP_BYTES_MAX = 80;
const FLAT = 1;
const LOST = 2;
const MISREAD = 4;
const FLAGS = 8;
const SHARE_MAX = 2 ** 24 - 1;

/** `startMs` is what the first is counted from; all lie on whole stretches of `widthMs`. */
export function writeRollups(
  rollups: readonly Rollup[],
  { startMs, widthMs }: { startMs: number; widthMs: number },
  writer: ByteWriter,
): void {
  if (rollups.length === 0) return;
  const scale = commonScale(rollups);
  writer.reserve(1 + ROLLUP_BYTES_MAX * rollups.length);
  writer.byte(scale);
  let [atMs, whole] = [startMs, 0];
  const number = (value: number) => {
    if (scale === UNSCALED) return writeDouble(value, writer);
    const next = wholeOf(value, scale);
    writer.zigzag(next - whole);
    whole = next;
  };
  for (const rollup of rollups) {
    const { count, badCount, min, max, first, last, lost } = rollup;
    const isFlat = min === max;
    writer.varint((rollup.atMs - atMs) / widthMs);
    atMs = rollup.atMs;
    const misread = rollup.isFirstMisread ? MISREAD : 0;
    writer.varint(FLAGS * count + (isFlat ? FLAT : 0) + (lost > 0 ? LOST : 0) + misread);
    writer.varint(badCount);
    if (count === 0) continue;
    number(first);
    if (isFlat) continue;
    number(last);
    number(min);
    number(max);
    if (lost > 0) writeDouble(lost, writer);
    writeShare(rollup, writer);
  }
}

function writeShare({ min, max, mean }: Rollup, writer: ByteWriter): void {
  // Halved, since what lies between the largest numbers is none.
  const share = (mean / 2 - min / 2) / (max / 2 - min / 2);
  const whole = Number.isFinite(share) ? Math.round(share * SHARE_MAX) : 0;
  for (const shift of [0, 8, 16]) writer.byte((whole >> shift) & 255);
}

function readMean(reader: ByteReader, { min, max }: Rollup): number {
  const share = (reader.byte() + reader.byte() * 256 + reader.byte() * 65_536) / SHARE_MAX;
  return Math.min(max, Math.max(min, min * (1 - share) + max * share));
}

/** Undoes `writeRollups`. */
export function readRollups(
  reader: ByteReader,
  { startMs, widthMs }: { startMs: number; widthMs: number },
): Rollup[] {
  const rollups: Rollup[] = [];
  if (reader.at === reader.end) return rollups;
  const scale = reader.byte();
  let [atMs, whole] = [startMs, 0];
  const number = (): number => {
    if (scale === UNSCALED) return readDouble(reader);
    whole += reader.zigzag();
    return numberOf(whole, scale);
  };
  while (reader.at < reader.end) {
    atMs += reader.varint() * widthMs;
    const rollup = emptyRollup(atMs);
    const control = reader.varint();
    rollup.count = Math.floor(control / FLAGS);
    rollup.isFirstMisread = (control & MISREAD) !== 0;
    rollup.badCount = reader.varint();
    rollups.push(rollup);
    if (rollup.count === 0) continue;
    const first = number();
    Object.assign(rollup, { first, last: first, min: first, max: first, mean: first });
    if ((control & FLAT) !== 0) continue;
    rollup.last = number();
    rollup.min = number();
    rollup.max = number();
    if ((control & LOST) !== 0) rollup.lost = readDouble(reader);
    rollup.mean = readMean(reader, rollup);
  }
  return rollups;
}

/** The coarsest that all their numbers fit; UNSCALED where none is. */
function commonScale(rollups: readonly Rollup[]): Scale {
  const known = rollups.filter(({ count }) => count > 0);
  const numbers = known.flatMap(({ first, last, min, max }) => [first, last, min, max]);
  let scale = 0;
  while (scale < UNSCALED && numbers.some((value) => Number.isNaN(wholeOf(value, scale)))) scale++;
  return scale;
}
