import type { Address, ValueType } from "../address.ts";
import { SUNSPEC_MODELS, type SunspecPoint } from "./model.ts";
import type { SunspecPath } from "./path.ts";
import type { SunspecChain } from "./walk.ts";

/** A point where this device has it. */
export interface ResolvedPoint {
  readonly address: Address;
  /** Of the register that holds the power of ten; null if there is none. */
  readonly scaleAddress: Address | null;
}

type Known = readonly [type: ValueType, nan: readonly bigint[]];

/** Our type of each of theirs, and the raw values that mean "not implemented". */
const TYPES: Readonly<Record<string, Known>> = {
  u16: ["uint16", [0xffffn]],
  i16: ["int16", [0x8000n]],
  sf: ["int16", [0x8000n]],
  enum16: ["uint16", [0xffffn]],
  bits16: ["uint16", [0xffffn]],
  count: ["uint16", [0xffffn]],
  u32: ["uint32", [0xffffffffn]],
  i32: ["int32", [0x80000000n]],
  f32: ["float32", [0x7fc00000n]],
  acc32: ["uint32", [0n]],
  bits32: ["uint32", [0xffffffffn, 0x80000000n]],
  u64: ["uint64", [0xffffffffffffffffn]],
  text: ["string", []],
};

/** The first of these paths that the device has; null if it has none. */
export function resolveSunspec(
  paths: readonly SunspecPath[],
  chain: SunspecChain,
): ResolvedPoint | null {
  for (const { modelId, index, pointName } of paths) {
    const found = chain.models.find(({ id }) => id === modelId);
    const model = SUNSPEC_MODELS.get(modelId);
    if (!found || !model) continue;
    const repeatedAt = (index ?? 1) - 1;
    const start = index === null ? 0 : model.count + repeatedAt * (model.repeated?.count ?? 0);
    const points = index === null ? model.points : model.repeated?.points;
    const point = points?.get(pointName);
    // A device may have an older, shorter form of a model.
    if (!point || start + point.offset + point.count > found.count) continue;
    const address = addressOf(point, found.from + start);
    if (point.scaleName === null) return { address, scaleAddress: null };
    const scale = model.points.get(point.scaleName);
    if (!scale || scale.offset >= found.count) continue;
    return { address, scaleAddress: addressOf(scale, found.from) };
  }
  return null;
}

function addressOf({ type, offset, count }: SunspecPoint, from: number): Address {
  const [ours, nan] = TYPES[type] ?? ["uint16", []];
  const place = { table: "holding", from: from + offset, count, type: ours, nan } as const;
  return { ...place, order: null, bit: 0, mask: 0xffff, shift: 0, byte: "low" };
}
