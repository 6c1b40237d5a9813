/** What the register holds: told by unit, table and address alone, so that no two are alike. */
export function registerAt(unitId: number, table: "holding" | "input", at: number): number {
  return (unitId * 4099 + (table === "input" ? 20_011 : 0) + at * 97 + 11) & 0xffff;
}

/** Registers that each unit has; none beyond. */
export const REGISTERS = 160;

/** Blocks that are read: several of one length, so that one could pass for another. */
const BLOCKS: readonly (readonly [table: "holding" | "input", from: number])[] = [
  ["holding", 0],
  ["holding", 40],
  ["input", 0],
  ["holding", 120],
];
const BLOCK_LENGTH = 10;

/** One point of the field, and what it must read. */
export interface FieldPoint {
  readonly id: string;
  readonly unitId: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly expected: number;
}

/** Single registers, and in each block one value of two, its words swapped. */
export function fieldPoints(unitIds: readonly number[]): FieldPoint[] {
  return unitIds.flatMap((unitId) =>
    BLOCKS.flatMap(([table, from]) => [
      ...Array.from({ length: BLOCK_LENGTH }, (_, index) => single(unitId, table, from + index)),
      double(unitId, table, from),
    ]),
  );
}

function single(unitId: number, table: "holding" | "input", at: number): FieldPoint {
  const address = `${table}:${at}`;
  const expected = registerAt(unitId, table, at);
  return { id: `unit-${unitId}/${address}`, unitId, settings: { address }, expected };
}

function double(unitId: number, table: "holding" | "input", at: number): FieldPoint {
  const settings = { address: `${table}:${at}`, type: "uint32", order: "CDAB" };
  const [low, high] = [registerAt(unitId, table, at), registerAt(unitId, table, at + 1)];
  const id = `unit-${unitId}/${table}:${at}-double`;
  return { id, unitId, settings, expected: high * 0x10000 + low };
}
