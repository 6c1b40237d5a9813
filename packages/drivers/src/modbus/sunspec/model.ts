import { MODEL_TEXTS } from "./model-texts.ts";

/** Registers of each type; texts carry theirs in their name. */
const REGISTERS: Readonly<Record<string, number>> = {
  ...{ u16: 1, i16: 1, sf: 1, enum16: 1, bits16: 1, pad: 1, count: 1 },
  ...{ u32: 2, i32: 2, f32: 2, acc32: 2, bits32: 2 },
  u64: 4,
};

/** A point of a SunSpec model. */
export interface SunspecPoint {
  readonly name: string;
  /** u16, i16, sf, acc32, f32, text, … */
  readonly type: string;
  /** Registers from the model's ID on; in what repeats, from its own start. */
  readonly offset: number;
  readonly count: number;
  readonly unit: string | null;
  /** The point that holds the power of ten. */
  readonly scaleName: string | null;
}

/** A model as the specification has it. */
export interface SunspecModel {
  readonly id: number;
  readonly points: ReadonlyMap<string, SunspecPoint>;
  /** Registers up to what repeats, ID and length among them. */
  readonly count: number;
  /** What repeats to the model's end: the inputs of an inverter. */
  readonly repeated: {
    readonly name: string;
    readonly points: ReadonlyMap<string, SunspecPoint>;
    readonly count: number;
  } | null;
}

const HEAD = "ID u16 | L u16";

function readPoints(text: string): { points: Map<string, SunspecPoint>; count: number } {
  const points = new Map<string, SunspecPoint>();
  let offset = 0;
  for (const written of text.split(/[|\n]/)) {
    const [name = "", kind = "", unit = "-", scaleName = "-"] = written.trim().split(" ");
    if (name === "") continue;
    const [, type = kind, length] = /^(text)(\d+)$/.exec(kind) ?? [];
    const count = length === undefined ? REGISTERS[type] : Number(length);
    if (count === undefined) throw new Error(`SunSpec point ${name} has an unknown type ${kind}`);
    const orNull = (part: string) => (part === "-" ? null : part);
    const known = { name, type, offset, count, unit: orNull(unit), scaleName: orNull(scaleName) };
    points.set(name, known);
    offset += count;
  }
  return { points, count: offset };
}

function readModel(id: number, text: string): SunspecModel {
  const [fixed = "", repeated] = text.split(/^\[\w+\]$/m);
  const name = /^\[(\w+)\]$/m.exec(text)?.[1];
  return {
    id,
    ...readPoints(`${HEAD}\n${fixed}`),
    repeated: repeated === undefined ? null : { name: name ?? "", ...readPoints(repeated) },
  };
}

/** The models that are known, by id. */
export const SUNSPEC_MODELS: ReadonlyMap<number, SunspecModel> = new Map(
  [...MODEL_TEXTS].map(([id, text]) => [id, readModel(id, text)]),
);
