/** What a number with a unit byte measures. */
export const QUANTITIES = ["energy", "power", "volume", "flow"] as const;
export type Quantity = (typeof QUANTITIES)[number];

/** What a unit byte says: a multiple of joule, watt, cubic metre or cubic metre an hour. */
export interface Unit {
  readonly quantity: Quantity;
  readonly name: string;
  readonly factor: number;
}

const J_PER_WH = 3_600;

// Table of unit codes of CJ/T 188, from second hand; 01, 0A, 13, 1A and 32 from memory.
const UNITS: Readonly<Record<number, Unit>> = {
  1: { quantity: "energy", name: "J", factor: 1 },
  2: { quantity: "energy", name: "Wh", factor: J_PER_WH },
  5: { quantity: "energy", name: "kWh", factor: 1e3 * J_PER_WH },
  8: { quantity: "energy", name: "MWh", factor: 1e6 * J_PER_WH },
  10: { quantity: "energy", name: "100 MWh", factor: 1e8 * J_PER_WH },
  11: { quantity: "energy", name: "kJ", factor: 1e3 },
  14: { quantity: "energy", name: "MJ", factor: 1e6 },
  17: { quantity: "energy", name: "GJ", factor: 1e9 },
  19: { quantity: "energy", name: "100 GJ", factor: 1e11 },
  20: { quantity: "power", name: "W", factor: 1 },
  23: { quantity: "power", name: "kW", factor: 1e3 },
  26: { quantity: "power", name: "MW", factor: 1e6 },
  41: { quantity: "volume", name: "L", factor: 1e-3 },
  44: { quantity: "volume", name: "m³", factor: 1 },
  50: { quantity: "flow", name: "L/h", factor: 1e-3 },
  53: { quantity: "flow", name: "m³/h", factor: 1 },
};

/** Units in which heat may be wanted. */
export const ENERGY_UNITS = ["kWh", "MWh", "MJ", "GJ"] as const;
export type EnergyUnit = (typeof ENERGY_UNITS)[number];

/** The unit of a byte; undefined if the table has none. */
export function unitOfByte(code: number): Unit | undefined {
  return UNITS[code];
}

/** The codes of a quantity, or all of them, for people: "29 L, 2C m³". */
export function unitCodes(quantity: Quantity | null): string {
  const fitting = Object.entries(UNITS).filter(
    ([, unit]) => quantity === null || unit.quantity === quantity,
  );
  return fitting.map(([code, { name }]) => `${codeText(Number(code))} ${name}`).join(", ");
}

/** A unit byte as people write it. */
export function codeText(code: number): string {
  return code.toString(16).padStart(2, "0").toUpperCase();
}

/** The unit in which a quantity is given. */
export function wantedUnit(quantity: Quantity, energyUnit: EnergyUnit): string {
  if (quantity === "energy") return energyUnit;
  return { power: "kW", volume: "m³", flow: "m³/h" }[quantity];
}

/** A number of one unit in the wanted one, as short as its digits allow. */
export function convert(value: number, unit: Unit, wanted: string): number {
  if (unit.name === wanted) return value;
  const to = Object.values(UNITS).find(({ name }) => name === wanted) as Unit;
  const isDown = unit.factor < to.factor;
  const converted = isDown ? value / (to.factor / unit.factor) : value * (unit.factor / to.factor);
  return Number(converted.toPrecision(15));
}
