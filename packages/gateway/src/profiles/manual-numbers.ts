/** 40001 … or 400001 … of holding registers, 30001 … of input registers. */
const MANUAL = { holding: /^4(\d{4}|\d{5})$/, input: /^3(\d{4}|\d{5})$/ } as const;
/** Maps begin near their first register; some makers use wire addresses as high as these. */
const FIRST_MAX = 2_000;

type Placed = {
  readonly address?: unknown;
  readonly table?: unknown;
  readonly type?: unknown;
};

/**
 * Whether all these registers' addresses look as manuals number them. One that is none shows that
 * they are wire addresses; coils and inputs of one bit show nothing.
 */
export function hasManualNumbers(points: readonly Placed[]): boolean {
  const isBit = ({ table, type }: Placed) =>
    table === "coil" || table === "discrete" || (table === undefined && type === "bool");
  const ofRegisters = points.filter((point) => !isBit(point));
  const registers = ofRegisters.map(registerOf);
  if (registers.length === 0 || registers.some((register) => register === null)) return false;
  return Math.min(...registers.map(Number)) < FIRST_MAX;
}

/** The register that a manual's number means, from 0; null if it is none. */
function registerOf({ address, table = "holding" }: Placed): number | null {
  if (table !== "holding" && table !== "input") return null;
  const [, digits] = MANUAL[table].exec(String(address)) ?? [];
  const register = Number(digits) - 1;
  return typeof address === "number" && register >= 0 ? register : null;
}
