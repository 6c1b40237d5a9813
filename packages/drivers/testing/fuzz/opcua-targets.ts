import { builtinTypeNames } from "../../src/opcua/data-type.ts";
import { parseField } from "../../src/opcua/field-of.ts";
import { sampleOf } from "../../src/opcua/sample-of.ts";
import { packSamples, unpackSamples } from "../../src/opcua/thread/pack-samples.ts";
import { toSample } from "../../src/opcua/to-sample.ts";
import { type FuzzRun, type FuzzTarget, target } from "./fuzz-target.ts";
import { pick, type Random } from "./random.ts";

/** What OPC UA servers give, once the library has made objects of it. */
export const OPCUA_TARGETS: readonly FuzzTarget[] = [target("opc ua values", beginValues)];

type Observed = Parameters<typeof toSample>[1];

const FIELDS = ["Place.x", "[0]", "[1].Number", "Curve[2]", "place.Curve[0]", "constructor", "Time"]
  .map(parseField)
  .filter((field) => field !== null);

/** Types as servers name them: also their own, which may be called like built-in ones. */
const FIELD_TYPES = [...builtinTypeNames, "ns2:DateTime", "tns:Int64", "Colour", "ns:Guid", ""];

function beginValues(random: Random): FuzzRun<Observed> {
  return {
    make: () => observed(random),
    take(given) {
      const address = { address: "ns=1;s=x" };
      const samples = [
        toSample("p", given, 1_000),
        ...FIELDS.map((field) => {
          const point = { id: "p", address: { ...address, field }, device: {} };
          return sampleOf(point as unknown as Parameters<typeof sampleOf>[0], given, 1_000);
        }),
      ];
      for (const sample of samples) {
        const { value, timestampMs } = sample;
        if (!Number.isFinite(timestampMs)) throw new Error(`dated ${timestampMs}`);
        const isValue =
          ["boolean", "string", "bigint"].includes(typeof value) || Number.isFinite(value);
        if (sample.quality !== "bad" && !isValue) throw new Error(`gave ${String(value)}`);
        if (sample.quality === "bad" && !sample.reason) throw new Error("no reason");
      }
      const packed = packSamples(samples, () => 0);
      unpackSamples(structuredClone(packed), [{ id: "p" }]);
      return samples.some(({ quality }) => quality !== "bad") ? "answer" : "refusal";
    },
  };
}

function observed(random: Random): Observed {
  const code = pick(random, [0, 0x80000000, 0x40000000, 0x480, 0xc0000000, random(2 ** 31)]);
  const at = () => pick(random, [null, undefined, new Date(0), new Date(NaN), date(random)]);
  const isRight = random(2) === 0;
  const dataType = random(builtinTypeNames.length + (isRight ? 0 : 3));
  const variant = {
    dataType,
    arrayType: isRight ? 0 : pick(random, [0, 1, 2]),
    value: isRight ? anything(random, 0, KIND_OF_TYPE[dataType]) : anything(random, 0),
  };
  const [sourceTimestamp = null, serverTimestamp = null] = [at(), at()];
  return {
    statusCode: { value: code, name: pick(random, ["Good", "BadNoData#Overflow", ""]) },
    ...(random(10) > 0 && { value: variant }),
    sourceTimestamp,
    serverTimestamp,
  };
}

/** Which of `anything` is a value of each built-in type, from Null on. */
const KIND_OF_TYPE = [
  0, 1, 2, 2, 2, 2, 2, 2, 3, 3, 2, 2, 4, 5, 4, 8, 4, 6, 6, 6, 6, 7, 12, 0, 0, 0,
];

const date = (random: Random) => new Date((random(2) === 0 ? -1 : 1) * random(2 ** 31) * 1000);

/** Of all that the library gives, whatever the type says. */
function anything(random: Random, depth: number, kind = random(depth > 2 ? 11 : 14)): unknown {
  switch (kind) {
    case 0:
      return pick(random, [null, undefined]);
    case 1:
      return random(2) === 0;
    case 2:
      return pick(random, [0, -0, 1.5, NaN, Infinity, -1e308, 2 ** 53, random(2 ** 31)]);
    case 3:
      return [random(2 ** 31), random(2 ** 31)];
    case 4:
      return pick(random, ["", "text", "温度", "\ud800", "\0"]);
    case 5:
      return pick(random, [new Date(NaN), date(random)]);
    case 6:
      return { name: pick(random, [null, "Good", undefined]) };
    case 7:
      return { text: pick(random, [null, "ja", undefined]), locale: "zh" };
    case 8:
      return Buffer.from("ab");
    case 9:
      return Uint16Array.from([1, 2, random(9)]);
    case 10:
      return Float64Array.from([1.5, NaN]);
    case 11:
      return Array.from({ length: random(4) }, () => anything(random, depth + 1));
    default:
      return structure(random, depth);
  }
}

function structure(random: Random, depth: number): unknown {
  const names = ["place", "x", "curve", "number", "time"];
  const fields = names.map((name) => {
    const isArray = random(4) === 0;
    const fieldType = pick(random, FIELD_TYPES);
    return { name, fieldType, ...(random(2) === 0 && { isArray }) };
  });
  const values = names.map((name) => [name, anything(random, depth + 1)]);
  return { ...Object.fromEntries(values), ...(random(5) > 0 && { schema: { fields } }) };
}
