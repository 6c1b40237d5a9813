import { addressSchema, VALUE_TYPES } from "../../src/modbus/address.ts";
import { createDecoder } from "../../src/modbus/decode.ts";
import { lessonsSchema, teach } from "../../src/modbus/lessons.ts";
import { DevicePlan } from "../../src/modbus/read-plan.ts";
import { deviceSchema } from "../../src/modbus/settings.ts";
import { parseSunspecPath } from "../../src/modbus/sunspec/path.ts";
import { resolveSunspec } from "../../src/modbus/sunspec/resolve.ts";
import { walkSunspec } from "../../src/modbus/sunspec/walk.ts";
import { Unit } from "../../src/modbus/unit.ts";
import { varyText } from "./damage-text.ts";
import { type FuzzRun, type FuzzTarget, target } from "./fuzz-target.ts";
import { pick, type Random, randomBytes } from "./random.ts";

/** What is made of what one Modbus device says, and of what was learnt of it. */
export const MODBUS_UNIT_TARGETS: readonly FuzzTarget[] = [
  target("modbus values", beginValues),
  target("sunspec chains", beginChains),
  target("learned plans", beginLessons, { share: 0.1 }),
];

interface Registers {
  readonly decoder: number;
  readonly bytes: Buffer;
}

/** A value of the model, or a reason. */
function beginValues(random: Random): FuzzRun<Registers> {
  const decoders = VALUE_TYPES.flatMap((type) => {
    const own = { ...(type === "string" && { length: 4 }), ...(type === "bit" && { bit: 3 }) };
    return ["ABCD", "CDAB", "BADC", "DCBA"].flatMap((order) =>
      [[], ["0x8000", "0xFFFF"]].map((nan) => {
        const isPlain = type === "string" || nan.length === 0;
        const given = { address: "holding:0", type, ...own, ...(isPlain ? {} : { nan }) };
        return createDecoder(addressSchema.parse(given), order);
      }),
    );
  });
  return {
    make: () => ({ decoder: random(decoders.length), bytes: randomBytes(random, 8) }),
    take({ decoder, bytes }) {
      const { decode, explain } = decoders[decoder] as (typeof decoders)[number];
      const value = decode(bytes, 0);
      if (typeof value === "number" && !Number.isFinite(value)) throw new Error(`gave ${value}`);
      if (value !== null) return "answer";
      if (explain(bytes, 0) === "") throw new Error("no reason");
      return "refusal";
    },
  };
}

interface Device {
  readonly words: readonly number[];
  readonly isSunspec: boolean;
}

/** A device whose registers are rubbish, some of it a chain. */
function beginChains(random: Random): FuzzRun<Device> {
  const paths = ["sunspec:inverter/W, meter/W", "sunspec:160/2/DCW", "sunspec:1/Mn"]
    .map(parseSunspecPath)
    .filter((path) => typeof path !== "string");
  const ids = [1, 101, 103, 113, 160, 203, 213, 701, 802, 0xffff, 0, 64_001];
  return {
    make() {
      const words = Array.from({ length: 2 * random(130) }, (_, at) =>
        at % 2 === 0 && random(4) > 0 ? pick(random, ids) : random(random(3) === 0 ? 0x10000 : 300),
      );
      return { words, isSunspec: random(8) > 0 };
    },
    async take({ words, isSunspec }) {
      let asked = 0;
      const chain = await walkSunspec(async (from) => {
        if (from > 0xffff || ++asked > 200) throw new Error(`asked ${asked} times, for ${from}`);
        if (from === 40_000) return isSunspec ? [0x5375, 0x6e53] : null;
        const at = 2 * (asked - 2);
        const pair = words.slice(at, at + 2);
        return pair.length === 0 ? null : pair;
      });
      if (chain === null) return "refusal";
      for (const path of paths) {
        const found = resolveSunspec(path, chain);
        const end = found && found.address.from + found.address.count;
        if (end && end > 0x1_0000 + 300) throw new Error(`a point that ends at ${end}`);
      }
      return chain.models.length > 0 ? "answer" : "refusal";
    },
  };
}

const LEARNED = {
  version: 1,
  units: {
    1: {
      model: "m1",
      limits: {
        registers: { acceptedMax: 60, refusedMin: 65 },
        bits: { acceptedMax: 0, refusedMin: null },
      },
      refused: [{ table: "holding", from: 33, count: 1, reason: "no such", retestMs: 60_000 }],
      seams: [{ table: "input", from: 5, to: 5 }],
      quietMs: 40,
      slowestMs: 90.5,
    },
  },
};
const LEARNED_WORDS = ["0", "65536", "-1", "1e300", '"coil"', '"1":{', "null", ":1,", "[[", "0.5"];

/** Whatever a file says was learnt, the plan asks for what a device can be asked for. */
function beginLessons(random: Random): FuzzRun<string> {
  const device = deviceSchema.parse({ unitId: 1 });
  const points = [0, 1, 33, 70, 124, 5000].map((from) => {
    const address = addressSchema.parse({ address: `holding:${from}` });
    return { id: `${from}`, address, device };
  });
  const seeds = { valid: [JSON.stringify(LEARNED)], words: LEARNED_WORDS };
  return {
    make: () => varyText(random, seeds),
    take(text) {
      const lessons = lessonsIn(text);
      if (lessons === null) return "refusal";
      const unit = new Unit(1);
      unit.model = pick(random, ["m1", "m2"]);
      teach(unit, lessons, 1_000_000);
      const plan = new DevicePlan(points, [...points.keys()], unit);
      plan.refresh(1_000_000);
      for (const { request } of plan.requests) {
        if (request.count < 1 || request.count > 125) throw new Error(`asks ${request.count}`);
      }
      const plannedCount = plan.requests.reduce((sum, { wanted }) => sum + wanted.length, 0);
      if (plannedCount + plan.skipped.length !== points.length) throw new Error("a point is lost");
      const timeoutMs = unit.times.timeoutMs(500);
      if (!(timeoutMs > 0 && timeoutMs <= 500)) throw new Error(`waits ${timeoutMs} ms`);
      if (!(unit.pacing.quietMs >= 0)) throw new Error(`keeps ${unit.pacing.quietMs} ms`);
      return "answer";
    },
  };
}

/** As the file is read: what is not understood is as if nothing were learnt. */
function lessonsIn(text: string) {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // No JSON: the file is not understood.
  }
  const checked = lessonsSchema.safeParse(value);
  return checked.success ? checked.data : null;
}
