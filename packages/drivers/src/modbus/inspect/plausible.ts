/** Where values of a unit mostly lie, and where they may lie at all. */
interface Range {
  readonly usual: readonly [number, number];
  readonly possible: readonly [number, number];
}

const range = (usual: readonly [number, number], possible: readonly [number, number]): Range => ({
  usual,
  possible,
});
const signed = (low: number, high: number, most: number) => range([low, high], [-most, most]);
const counted = (most: number) => range([1, most / 100], [0, most]);

/** What low-voltage plants, meters, tanks and barns have. */
const UNITS: Readonly<Record<string, Range>> = {
  V: range([90, 500], [0, 40_000]),
  kV: range([0.2, 40], [0, 500]),
  mV: range([1, 1000], [-100_000, 100_000]),
  A: signed(0.05, 1000, 20_000),
  mA: signed(4, 20, 100_000),
  Hz: range([45, 65], [0, 1000]),
  W: signed(1, 1_000_000, 100_000_000),
  kW: signed(0.01, 5000, 1_000_000),
  MW: signed(0.01, 500, 10_000),
  var: signed(1, 1_000_000, 100_000_000),
  kvar: signed(0.01, 5000, 1_000_000),
  VA: signed(1, 1_000_000, 100_000_000),
  kVA: signed(0.01, 5000, 1_000_000),
  Wh: counted(1e12),
  kWh: counted(1e9),
  MWh: counted(1e7),
  varh: counted(1e12),
  kvarh: counted(1e9),
  GJ: counted(1e7),
  "m³": counted(1e8),
  m3: counted(1e8),
  L: counted(1e10),
  "°C": range([-40, 150], [-273.15, 1500]),
  "°F": range([-40, 300], [-460, 2700]),
  K: range([233, 423], [0, 1800]),
  "%": range([0, 100], [-100, 200]),
  "‰": range([0, 1000], [-1000, 2000]),
  bar: range([0, 25], [-1, 1000]),
  kPa: range([0, 2500], [-101, 100_000]),
  MPa: range([0, 2.5], [-0.1, 100]),
  Pa: range([-1000, 200_000], [-101_325, 1e8]),
  "m³/h": signed(0.01, 5000, 100_000),
  "L/min": signed(0.1, 10_000, 1_000_000),
  "L/h": signed(1, 100_000, 10_000_000),
  "m/s": signed(0.01, 50, 1000),
  ppm: range([0, 5000], [0, 1_000_000]),
  pH: range([3, 11], [0, 14]),
  lx: range([0, 100_000], [0, 200_000]),
  kg: range([0, 100_000], [-1000, 10_000_000]),
  "1/min": range([1, 10_000], [-100_000, 100_000]),
  rpm: range([1, 10_000], [-100_000, 100_000]),
};

const COUNTING = /^([kM]?(Wh|varh|VAh)|GJ|m³|m3|L)$/;
/** What may flow either way. */
const EITHER_WAY = /^(m?A|[kM]?(W|var|VA)|°[CF]|.*\/(h|min|s))$/;

export type UnitFit = "usual" | "possible" | "never" | "unknown";

/** Whether a value of this unit looks like one. */
export function fitUnit(value: number, unit: string): UnitFit {
  const known = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (!known) return "unknown";
  const isIn = ([low, high]: readonly [number, number]) => value >= low && value <= high;
  const isUsual = isIn(known.usual) || (EITHER_WAY.test(unit) && isIn(mirrored(known.usual)));
  if (isUsual) return "usual";
  return isIn(known.possible) ? "possible" : "never";
}

function mirrored([low, high]: readonly [number, number]): readonly [number, number] {
  return [-high, -low];
}

/** Such values only grow: they outgrow 16 bits. */
export function isCounting(unit: string): boolean {
  return COUNTING.test(unit);
}

export function isEitherWay(unit: string): boolean {
  return EITHER_WAY.test(unit);
}

/** Whether anybody measures numbers of this size: 2.4e-41 and -1.5e14 are no readings. */
export function isOfThisWorld(value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-3 && size <= 1e8);
}
