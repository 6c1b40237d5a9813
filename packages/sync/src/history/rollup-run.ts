import type { ByteReader } from "../block/byte-reader.ts";
import type { ByteWriter } from "../block/byte-writer.ts";
import { readDouble, readFloat, writeDouble, writeFloat } from "./doubles.ts";
import { numberOf, type Scale, UNSCALED, wholeOf } from "./number-scale.ts";
import { emptyRollup, type Rollup } from "./rollup.ts";

// Rollups of one point: one byte names the scale (UNSCALED: numbers are 8 bytes), then for each
//   varint  how many stretches after the one before
//   varint  2 * count + whether its samples are all the same;  varint  badCount
//   first, and unless all are the same last, min, max, increase (8 bytes), and where the mean lies
//   between min and max, as float32

const ROLLUP_BYTES_MAX = 80;

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
    const { count, badCount, min, max, mean, first, last, increase } = rollup;
    const isFlat = min === max;
    writer.varint((rollup.atMs - atMs) / widthMs);
    atMs = rollup.atMs;
    writer.varint(2 * count + (isFlat ? 1 : 0));
    writer.varint(badCount);
    if (count === 0) continue;
    number(first);
    if (isFlat) continue;
    number(last);
    number(min);
    number(max);
    writeDouble(increase, writer);
    writeFloat((mean / 2 - min / 2) / (max / 2 - min / 2), writer);
  }
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
    rollup.count = Math.floor(control / 2);
    rollup.badCount = reader.varint();
    rollups.push(rollup);
    if (rollup.count === 0) continue;
    const first = number();
    Object.assign(rollup, { first, last: first, min: first, max: first, mean: first });
    if (control % 2 === 1) continue;
    rollup.last = number();
    rollup.min = number();
    rollup.max = number();
    rollup.increase = readDouble(reader);
    const share = readFloat(reader);
    rollup.mean = rollup.min * (1 - share) + rollup.max * share;
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
