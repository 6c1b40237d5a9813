import { decodeAs, type Reading } from "../meter-line/format.ts";
import type {
  Fetched,
  ItemRequest,
  MeterReader,
  WantedPoint,
} from "../meter-line/meter-connection.ts";
import { type MeterLine, type MeterProtocol, silenceText } from "../meter-line/meter-line.ts";
import type { MeterSide } from "../meter-line/open-line.ts";
import type { Address } from "./address.ts";
import { type Answer, judgeAnswer, type Question, requestFrame } from "./answer.ts";
import { decodeFrame, encodeRequest, frameShape } from "./frame.ts";
import { type Field, layoutFor } from "./layout.ts";
import { type Device, kindText } from "./settings.ts";
import { codeText, convert, unitOfByte, wantedUnit } from "./units.ts";

const protocol: MeterProtocol<Question, Answer> = {
  shape: frameShape,
  encode: (question) => encodeRequest(requestFrame(question)),
  judge: (frame, question) => judgeAnswer(decodeFrame(frame), question),
};

/** CJ/T 188 on a line. */
export const cjt188: MeterSide<Question, Answer, Address, Device> = {
  protocol,
  createReader: (line) => new Cjt188Reader(line),
};

class Cjt188Reader implements MeterReader<Address, Device> {
  readonly #line: MeterLine<Question, Answer>;
  #serial = 0;

  constructor(line: MeterLine<Question, Answer>) {
    this.#line = line;
  }

  plan(wanted: readonly WantedPoint<Address>[]): readonly ItemRequest<Address>[] {
    const byItem = Map.groupBy(wanted, ({ address }) => address.item);
    return [...byItem].map(([item, points]) => ({ item, wanted: points, instead: [] }));
  }

  /** A new serial each time: a late answer is told from the next. */
  async fetch(item: string, device: Device, timeoutMs: number): Promise<Fetched> {
    this.#serial = (this.#serial + 1) & 0xff;
    const { kind, meter, swappedItem } = device;
    const question = { kind, meter, item, serial: this.#serial, isItemSwapped: swappedItem };
    const answer = await this.#line.exchange(question, timeoutMs);
    if (answer.kind === "silence") {
      return { kind: "silence", reason: silenceText(meter, answer, timeoutMs) };
    }
    if (answer.kind === "data") return answer;
    const reason = `item ${item} of ${kindText(kind)}: ${answer.reason}`;
    if (answer.kind === "malformed") return { kind: "malformed", reason };
    const hint = "check kind and item in the meter's manual";
    return { kind: "refused", reason: `${reason}; ${hint}`, isForGood: false };
  }

  misfit(): null {
    return null;
  }

  decode(
    address: Address,
    item: string,
    { device, data }: { device: Device; data: Uint8Array },
  ): Reading {
    const { field: name } = address;
    if (name === null) return decodeItem(address, { device, data });
    const layout = layoutFor(device.kind);
    const field = layout.fields[name];
    if (!field) return { reason: `a meter of this kind has no ${name}` };
    if (data.length !== layout.byteCount) {
      const hint = "write kind: as the meter is, or items with skip and format";
      return { reason: `${item} has ${data.length} bytes, not ${layout.byteCount}; ${hint}` };
    }
    return decodeField(field, address, { device, data });
  }
}

/** A number of an item with its unit byte, or with a unit that is written, or as it stands. */
function decodeItem(
  address: Address,
  { device, data }: { device: Device; data: Uint8Array },
): Reading {
  const { item, format, skip, quantity, unitCode } = address;
  if (format === null) return { reason: "no format" };
  const end = skip + format.byteCount + (quantity === null ? 0 : 1);
  if (end > data.length) return { reason: `${item} has ${data.length} bytes, not ${end}` };
  if (quantity !== null) {
    const field = { at: skip, format, quantity, unit: "", meaning: null, en: item, zh: item };
    return decodeField(field, address, { device, data });
  }
  const reading = decodeAs(format, data.subarray(skip, end), false);
  const unit = unitCode === null ? undefined : unitOfByte(unitCode);
  if (!unit || !("value" in reading) || typeof reading.value !== "number") return reading;
  return { value: convert(reading.value, unit, wantedUnit(unit.quantity, device.energyUnit)) };
}

function decodeField(
  field: Field,
  { format: ownFormat, unitCode }: Address,
  { device, data }: { device: Device; data: Uint8Array },
): Reading {
  const format = ownFormat ?? field.format;
  const { quantity } = field;
  const at = field.at + (quantity !== null && device.unitFirst ? 1 : 0);
  const reading = decodeAs(format, data.subarray(at, at + format.byteCount), false);
  if (!("value" in reading) || typeof reading.value !== "number") return reading;
  if (field.meaning !== null) return statusReading(field.meaning, reading.value);
  if (quantity === null) return reading;
  const sent = data[device.unitFirst ? field.at : at + format.byteCount] as number;
  const code = unitCode ?? sent;
  const unit = unitOfByte(code);
  const hex = codeText(code);
  const hint = "write unitCode: as it is meant";
  if (!unit) return { reason: `unit code ${hex} is not known; ${hint}` };
  if (unit.quantity !== quantity) {
    return { reason: `unit code ${hex} (${unit.name}) is none of ${quantity}; ${hint}` };
  }
  return { value: convert(reading.value, unit, wantedUnit(quantity, device.energyUnit)) };
}

const VALVE_STATES = ["open", "closed", "unknown", "fault"] as const;
const VALVE_BITS = 0b11;
const BATTERY_BIT = 0b100;

function statusReading(meaning: "valve" | "battery", word: number): Reading {
  if (meaning === "battery") return { value: (word & BATTERY_BIT) !== 0 };
  return { value: VALVE_STATES[word & VALVE_BITS] as string };
}
