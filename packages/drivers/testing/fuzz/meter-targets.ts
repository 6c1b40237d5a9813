import { addressSchema as waterAddressSchema } from "../../src/cjt188/address.ts";
import * as water from "../../src/cjt188/answer.ts";
import * as waterFrame from "../../src/cjt188/frame.ts";
import { cjt188 } from "../../src/cjt188/reader.ts";
import * as waterSettings from "../../src/cjt188/settings.ts";
import { cjt188Line } from "../../src/cjt188/tell-frame.ts";
import * as electricity from "../../src/dlt645/answer.ts";
import * as electricityFrame from "../../src/dlt645/frame.ts";
import { dlt645 } from "../../src/dlt645/reader.ts";
import * as electricitySettings from "../../src/dlt645/settings.ts";
import { dlt645Line } from "../../src/dlt645/tell-frame.ts";
import { FrameScanner, type FrameShape } from "../../src/meter-line/frame-scanner.ts";
import { damage, garbage, inPieces, vary } from "./damage.ts";
import { type FuzzRun, type FuzzTarget, target } from "./fuzz-target.ts";
import { beginTrace } from "./modbus-line-targets.ts";
import { pick, type Random, randomBytes } from "./random.ts";

/** Chinese electricity, water and heat meters: answers, and lines as people see them. */
export const METER_TARGETS: readonly FuzzTarget[] = [
  // A sum of eight bits, and a head that must fit.
  target("dl/t 645 answers", (random) => beginAnswers(electricityMeter(random), random), {
    wrongPerMillionMax: 2000,
  }),
  target("cj/t 188 answers", (random) => beginAnswers(waterMeter(random), random), {
    wrongPerMillionMax: 2000,
  }),
  target("dl/t 645 trace", (random) => {
    const { encode } = electricityMeter(random);
    return beginTrace(dlt645Line.createFrameReader(), encode, random);
  }),
  target("cj/t 188 trace", (random) => {
    const { encode } = waterMeter(random);
    return beginTrace(cjt188Line.createFrameReader(), encode, random);
  }),
];

/** What is done with one protocol. */
interface Meter {
  readonly shape: FrameShape;
  /** An answer, intact. */
  encode(): Buffer;
  /** Data of an answer to the question; null if it is none. Each value of it is decoded. */
  take(frame: Buffer): Uint8Array | null;
}

interface Said {
  readonly pieces: readonly Buffer[];
  /** All that is whole in them, or was before it was damaged. */
  readonly intact: readonly Buffer[];
}

const MEANINGFUL = [0x68, 0x16, 0xfe, 0x91, 0x81];

function beginAnswers(meter: Meter, random: Random): FuzzRun<Said> {
  const scanner = new FrameScanner(meter.shape);
  return {
    make() {
      const intact: Buffer[] = [];
      const encode = () => {
        const frame = meter.encode();
        intact.push(frame);
        return frame;
      };
      const kind = random(4);
      if (kind > 1) return { pieces: inPieces(encode(), random), intact };
      const broken = kind === 1 ? damage(encode(), random) : vary(random, encode);
      const bytes = Buffer.concat([garbage(random, MEANINGFUL), broken]);
      return { pieces: inPieces(bytes, random), intact };
    },
    take({ pieces, intact }) {
      const taken = pieces
        .flatMap((piece) => scanner.push(piece))
        .filter((found) => meter.take(found) !== null);
      if (taken.length === 0) return "refusal";
      const isIntact = taken.every((one) => intact.some((frame) => frame.equals(one)));
      return isIntact ? "answer" : "wrong";
    },
  };
}

/** A reader that only decodes asks nobody. */
const noLine = <Line>() => ({}) as Line;

function electricityMeter(random: Random): Meter {
  const meter = "000012345678";
  const item = "00010000";
  const question = { meter, item, sequence: 0 };
  const id = Buffer.from(item, "hex").reverse();
  const reader = dlt645.createReader(noLine());
  const device = electricitySettings.deviceSchema.parse({ meter, ct: 40, pt: 100 });
  const formats = ["XXXXXX.XX", "YYMMDDhhmm", "NNNN", "ASCII8", "bits16", undefined];
  const addresses = formats.map((format) =>
    electricitySettings.addressSchema.parse({ address: item, ...(format && { format }) }),
  );
  return {
    shape: electricityFrame.frameShape,
    encode() {
      const payload = randomBytes(random, random(12));
      const control = pick(random, [0x91, 0x91, 0x91, 0xb1, 0xd1, 0x93, 0x11]);
      const data = Uint8Array.from([...id, ...payload]);
      return electricityFrame.encodeFrame({ meter, control, data });
    },
    take(frame) {
      const answer = electricity.judgeAnswer(electricityFrame.decodeFrame(frame), question);
      if (answer?.kind !== "data") return null;
      const { data } = answer;
      for (const address of addresses) checkReading(reader.decode(address, item, { device, data }));
      return data;
    },
  };
}

function waterMeter(random: Random): Meter {
  const meter = "78330011223344";
  const kind = 0x10;
  const item = "901F";
  const question: water.Question = { kind, meter, item, serial: 7, isItemSwapped: false };
  const reader = cjt188.createReader(noLine());
  const devices = [
    { meter, kind: "cold-water" },
    { meter, kind: "heat", unitFirst: true },
  ].map((given) => waterSettings.deviceSchema.parse(given));
  const addresses = [
    { address: "volume.total" },
    { address: "energy.heat" },
    { address: "valve" },
    { address: "time" },
    { address: "D120", format: "XXXX.XX", skip: 3 },
  ].map((given) => waterAddressSchema.parse(given));
  return {
    shape: waterFrame.frameShape,
    encode() {
      const payload = randomBytes(random, pick(random, [22, 22, 46, random(60)]));
      const data = Uint8Array.from([0x1f, 0x90, 7, ...payload]);
      const control = pick(random, [0x81, 0x81, 0x81, 0xc1, 0x83, 1]);
      return waterFrame.encodeFrame({ kind, meter, control, data });
    },
    take(frame) {
      const answer = water.judgeAnswer(waterFrame.decodeFrame(frame), question);
      if (answer?.kind !== "data") return null;
      const { data } = answer;
      for (const device of devices) {
        for (const address of addresses) {
          checkReading(reader.decode(address, item, { device, data }));
        }
      }
      return data;
    },
  };
}

/** A value of the model, or a reason. */
function checkReading(reading: object): void {
  if ("reason" in reading && typeof reading.reason === "string" && reading.reason !== "") return;
  const value = "value" in reading ? reading.value : undefined;
  const isValue = ["boolean", "string", "bigint"].includes(typeof value) || Number.isFinite(value);
  if (!isValue) throw new Error(`decoded ${JSON.stringify(reading)}`);
}
