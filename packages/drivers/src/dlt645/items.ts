import { type Format, formatOf } from "../meter-line/format.ts";

/** One data item of DL/T 645-2007: how its bytes are read, and what it is. */
export interface Item {
  readonly format: Format;
  readonly isSigned: boolean;
  readonly unit: string;
  readonly en: string;
  readonly zh: string;
  /** Where the value stands in the item's data. */
  readonly at: number;
  /** How long these are; null where that is not known. */
  readonly byteCount: number | null;
  /** The item that holds this one and its like, and which of them it is. */
  readonly block: { readonly item: string; readonly index: number } | null;
}

// Tables A.1 to A.5 of the standard, as 600888/dlt645 (Apache-2.0) and makers' documents have
// them: from second hand. The 02800001 … 0280000A and 04000306/7 are from memory: compare with
// the meter's display. Ids are DI3 DI2 DI1 DI0, as people write them.

type Texts = readonly [en: string, zh: string];
type Kind = readonly [unit: string, isSigned: boolean, ...Texts];

/** DI2 of energies. */
const ENERGIES: Readonly<Record<string, Kind>> = {
  "00": ["kWh", true, "Active energy, combined", "组合有功电能"],
  "01": ["kWh", false, "Active energy drawn", "正向有功电能"],
  "02": ["kWh", false, "Active energy delivered", "反向有功电能"],
  "03": ["kvarh", true, "Reactive energy, combined 1", "组合无功1电能"],
  "04": ["kvarh", true, "Reactive energy, combined 2", "组合无功2电能"],
  "05": ["kvarh", false, "Reactive energy, quadrant 1", "第一象限无功电能"],
  "06": ["kvarh", false, "Reactive energy, quadrant 2", "第二象限无功电能"],
  "07": ["kvarh", false, "Reactive energy, quadrant 3", "第三象限无功电能"],
  "08": ["kvarh", false, "Reactive energy, quadrant 4", "第四象限无功电能"],
  "09": ["kVAh", false, "Apparent energy drawn", "正向视在电能"],
  "0A": ["kVAh", false, "Apparent energy delivered", "反向视在电能"],
};

/** DI2 of energies of one phase; they have no tariffs. */
const PHASE_ENERGIES: Readonly<Record<string, Texts>> = {
  "15": ["Active energy drawn, phase A", "A相正向有功电能"],
  "16": ["Active energy delivered, phase A", "A相反向有功电能"],
  "29": ["Active energy drawn, phase B", "B相正向有功电能"],
  "2A": ["Active energy delivered, phase B", "B相反向有功电能"],
  "3D": ["Active energy drawn, phase C", "C相正向有功电能"],
  "3E": ["Active energy delivered, phase C", "C相反向有功电能"],
};

/** DI2 of what changes: format and kind. Those with a total have it as DI1 = 00. */
const VARIABLES: Readonly<Record<string, readonly [format: string, hasTotal: boolean, ...Kind]>> = {
  "01": ["XXX.X", false, "V", false, "Voltage", "电压"],
  "02": ["XXX.XXX", false, "A", true, "Current", "电流"],
  "03": ["XX.XXXX", true, "kW", true, "Active power", "有功功率"],
  "04": ["XX.XXXX", true, "kvar", true, "Reactive power", "无功功率"],
  "05": ["XX.XXXX", true, "kVA", true, "Apparent power", "视在功率"],
  "06": ["X.XXX", true, "", true, "Power factor", "功率因数"],
  "07": ["XXX.X", false, "°", false, "Phase angle", "相角"],
  "08": ["XX.XX", false, "%", false, "Voltage distortion", "电压波形失真度"],
  "09": ["XX.XX", false, "%", false, "Current distortion", "电流波形失真度"],
};

/** Whole ids, with their format. */
const SINGLES: Readonly<Record<string, readonly [format: string, ...Kind]>> = {
  "02800001": ["XXX.XXX", "A", true, "Current, neutral", "零线电流"],
  "02800002": ["XX.XX", "Hz", false, "Frequency", "电网频率"],
  "02800003": ["XX.XXXX", "kW", true, "Active power, one-minute average", "一分钟有功总平均功率"],
  "02800004": ["XX.XXXX", "kW", true, "Active demand", "当前有功需量"],
  "02800005": ["XX.XXXX", "kvar", true, "Reactive demand", "当前无功需量"],
  "02800006": ["XX.XXXX", "kVA", true, "Apparent demand", "当前视在需量"],
  "02800007": ["XXX.X", "°C", true, "Temperature in the meter", "表内温度"],
  "02800008": ["XX.XX", "V", false, "Voltage of the clock's battery", "时钟电池电压"],
  "02800009": ["XX.XX", "V", false, "Voltage of the reading battery", "停电抄表电池电压"],
  "0280000A": ["XXXXXXXX", "min", false, "Time on the inner battery", "内部电池工作时间"],
  "04000101": ["YYMMDDWW", "", false, "Date", "日期及星期"],
  "04000102": ["hhmmss", "", false, "Time", "时间"],
  "04000103": ["XX", "min", false, "Demand period", "最大需量周期"],
  "04000104": ["XX", "min", false, "Demand step", "滑差时间"],
  "04000204": ["XX", "", false, "Tariffs", "费率数"],
  "04000306": ["XXXXXX", "", false, "Ratio of current transformers", "电流互感器变比"],
  "04000307": ["XXXXXX", "", false, "Ratio of voltage transformers", "电压互感器变比"],
  "04000401": ["NNNNNNNNNNNN", "", false, "Address", "通信地址"],
  "04000402": ["NNNNNNNNNNNN", "", false, "Meter number", "表号"],
};

const TARIFF_NAMES: readonly Texts[] = [
  ["total", "总"],
  ["tariff 1 (peak of peaks)", "费率1(尖)"],
  ["tariff 2 (peak)", "费率2(峰)"],
  ["tariff 3 (flat)", "费率3(平)"],
  ["tariff 4 (valley)", "费率4(谷)"],
];
const TARIFFS_MAX = 63;
const SETTLEMENTS_MAX = 12;
const PHASES: readonly Texts[] = [
  ["total", "总"],
  ["phase A", "A相"],
  ["phase B", "B相"],
  ["phase C", "C相"],
];
const STATUS_WORDS_MAX = 7;
const HARMONICS_MAX = 21;

/**
 * What the table knows of an id of eight hex digits; null if nothing. "" is the address that a
 * meter tells when it is asked for that alone.
 */
export function findItem(id: string): Item | null {
  if (id === "") return item("NNNNNNNNNNNN", ["", false, "Address of the meter", "通信地址"]);
  const [di3, di2, di1, di0] = id.match(/../g) as [string, string, string, string];
  const single = SINGLES[id];
  if (single) {
    const [format, ...kind] = single;
    return item(format, kind);
  }
  const numbers = { di1: Number.parseInt(di1, 16), di0: Number.parseInt(di0, 16) };
  if (di3 === "00") return energy(di2, numbers, id);
  if (di3 === "01") return demand(di2, numbers);
  if (di3 === "02") return variable(di2, numbers, id);
  if (di3 === "04" && di2 === "00" && di1 === "05") return statusWord(numbers.di0);
  return null;
}

interface Numbers {
  readonly di1: number;
  readonly di0: number;
}

function energy(di2: string, { di1, di0 }: Numbers, id: string): Item | null {
  const phase = PHASE_ENERGIES[di2];
  if (di0 > SETTLEMENTS_MAX) return null;
  const [before, zhBefore] = settlement(di0);
  if (phase && di1 === 0) {
    return item("XXXXXX.XX", ["kWh", false, `${phase[0]}${before}`, `${zhBefore}${phase[1]}`]);
  }
  const kind = ENERGIES[di2];
  if (!kind || di1 > TARIFFS_MAX) return null;
  const [unit, isSigned, en, zh] = kind;
  const [of, zhOf] = TARIFF_NAMES[di1] ?? [`tariff ${di1}`, `费率${di1}`];
  const texts: Texts = [`${en}, ${of}${before}`, `${zhBefore}${zh}(${zhOf})`];
  const block = { item: `${id.slice(0, 4)}FF${id.slice(6)}`, index: di1 };
  return { ...item("XXXXXX.XX", [unit, isSigned, ...texts]), block };
}

const TIME_OF_DEMAND = formatOf("YYMMDDhhmm");

/** A demand stands before the time of its occurrence. */
function demand(di2: string, { di1, di0 }: Numbers): Item | null {
  const kind = ENERGIES[di2];
  if (!kind || di2 === "00" || di1 > TARIFFS_MAX || di0 > SETTLEMENTS_MAX) return null;
  const [unit, isSigned, en, zh] = kind;
  const [of, zhOf] = TARIFF_NAMES[di1] ?? [`tariff ${di1}`, `费率${di1}`];
  const [before, zhBefore] = settlement(di0);
  const name = en.replace("energy", "demand");
  const zhName = zh.replace("电能", "最大需量");
  const texts: Texts = [
    `Highest ${name.toLowerCase()}, ${of}${before}`,
    `${zhBefore}${zhName}(${zhOf})`,
  ];
  const value = item("XX.XXXX", [unit.replace(/h$/, ""), isSigned, ...texts]);
  return { ...value, byteCount: value.format.byteCount + TIME_OF_DEMAND.byteCount };
}

/** When a demand occurred; null if the item is none. */
export function timeOfDemand(id: string): Item | null {
  const demand = id.startsWith("01") ? findItem(id) : null;
  if (!demand) return null;
  const { en, zh, byteCount, format } = demand;
  const texts = { en: `${en}: when`, zh: `${zh}发生时间` };
  const at = { at: format.byteCount, byteCount, block: null };
  return { format: TIME_OF_DEMAND, isSigned: false, unit: "", ...texts, ...at };
}

function variable(di2: string, { di1, di0 }: Numbers, id: string): Item | null {
  const [kindOf, zhKindOf] = di2 === "0A" ? ["Voltage", "电压"] : ["Current", "电流"];
  if ((di2 === "0A" || di2 === "0B") && di1 >= 1 && di1 <= 3 && di0 >= 1 && di0 <= HARMONICS_MAX) {
    const [of, zhOf] = PHASES[di1] as Texts;
    const en = `${kindOf} harmonic ${di0}, ${of}`;
    return item("XX.XX", ["%", false, en, `${zhOf}${zhKindOf}${di0}次谐波含量`]);
  }
  const row = VARIABLES[di2];
  const texts = PHASES[di1];
  if (!row || !texts || di0 !== 0) return null;
  const [format, hasTotal, unit, isSigned, en, zh] = row;
  if (di1 === 0 && !hasTotal) return null;
  const index = hasTotal ? di1 : di1 - 1;
  const block = { item: `${id.slice(0, 4)}FF00`, index };
  return { ...item(format, [unit, isSigned, `${en}, ${texts[0]}`, `${texts[1]}${zh}`]), block };
}

function statusWord(number: number): Item | null {
  if (number < 1 || number > STATUS_WORDS_MAX) return null;
  return item("bits16", ["", false, `Status word ${number}`, `电表运行状态字${number}`]);
}

function settlement(number: number): Texts {
  return number === 0 ? ["", ""] : [`, ${number} settlements ago`, `(上${number}结算日)`];
}

function item(format: string, [unit, isSigned, en, zh]: Kind): Item {
  const parsed = formatOf(format);
  const { byteCount } = parsed;
  return { format: parsed, isSigned, unit, en, zh, at: 0, byteCount, block: null };
}
