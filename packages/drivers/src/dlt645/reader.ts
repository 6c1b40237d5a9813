import { decodeAs, type Reading } from "../meter-line/format.ts";
import type {
  Fetched,
  ItemRequest,
  MeterReader,
  WantedPoint,
} from "../meter-line/meter-connection.ts";
import { type MeterLine, type MeterProtocol, silenceText } from "../meter-line/meter-line.ts";
import type { MeterSide } from "../meter-line/open-line.ts";
import { type Answer, judgeAnswer, type Question, requestFrame } from "./answer.ts";
import { decodeFrame, encodeRequest, frameShape } from "./frame.ts";
import type { Item } from "./items.ts";
import { itemText } from "./names.ts";
import type { Address, Device } from "./settings.ts";

/** Frames of one answer at most; the standard's numbers end at 255. */
const FOLLOWING_FRAMES_MAX = 32;

const protocol: MeterProtocol<Question, Answer> = {
  shape: frameShape,
  encode: (question) => encodeRequest(requestFrame(question)),
  judge: (frame, question) => judgeAnswer(decodeFrame(frame), question),
};

/** DL/T 645-2007 on a line. */
export const dlt645: MeterSide<Question, Answer, Address, Device> = {
  protocol,
  createReader: (line) => new Dlt645Reader(line),
};

type Wanted = WantedPoint<Address>;

class Dlt645Reader implements MeterReader<Address, Device> {
  readonly #line: MeterLine<Question, Answer>;

  constructor(line: MeterLine<Question, Answer>) {
    this.#line = line;
  }

  plan(wanted: readonly Wanted[], { blocks }: Device): readonly ItemRequest<Address>[] {
    return planItems(wanted, blocks);
  }

  async fetch(item: string, { meter }: Device, timeoutMs: number): Promise<Fetched> {
    const parts: Uint8Array[] = [];
    for (let sequence = 0; sequence <= FOLLOWING_FRAMES_MAX; sequence++) {
      const answer = await this.#line.exchange({ meter, item, sequence }, timeoutMs);
      if (answer.kind === "silence") {
        return { kind: "silence", reason: silenceText(meter, answer, timeoutMs) };
      }
      if (answer.kind === "malformed") {
        return { kind: "malformed", reason: `${itemText(item)}: ${answer.reason}` };
      }
      if (answer.kind === "refused") {
        const { isNoData } = answer;
        return { kind: "refused", reason: refusalText(item, answer), isForGood: isNoData };
      }
      parts.push(answer.data);
      if (!answer.hasMore) return { kind: "data", data: Buffer.concat(parts) };
    }
    const what = `the meter sends more than ${FOLLOWING_FRAMES_MAX} following frames`;
    return { kind: "malformed", reason: `${itemText(item)}: ${what}` };
  }

  misfit({ item, wanted }: ItemRequest<Address>, data: Uint8Array): string | null {
    const mistakes = wanted.map(({ address }) => blockMistake(data.length, item, address.entry));
    return mistakes.find((mistake) => mistake !== null) ?? null;
  }

  decode(
    { item, entry }: Address,
    asked: string,
    { device, data }: { device: Device; data: Uint8Array },
  ): Reading {
    const { format, at, byteCount, isSigned } = entry;
    const isBlock = asked !== item;
    if (
      !isBlock &&
      data.length !== byteCount &&
      (byteCount !== null || data.length < endOf(entry))
    ) {
      const hint = "write its format as the meter has it, and skip: where it is one of several";
      return { reason: `${asked} has ${data.length} bytes, not ${endOf(entry)}; ${hint}` };
    }
    const from = at + (isBlock ? (entry.block?.index ?? 0) * (byteCount ?? 0) : 0);
    const reading = decodeAs(format, data.subarray(from, from + format.byteCount), isSigned);
    if (!("value" in reading) || typeof reading.value !== "number" || !format.isNumber) {
      return reading;
    }
    const factor = factorOf(item, device);
    return factor === 1 ? reading : { value: Number((reading.value * factor).toPrecision(15)) };
  }
}

/** What to do about it depends on whether the meter has such an item at all. */
function refusalText(item: string, { reason, isNoData }: Answer & { kind: "refused" }): string {
  const hint = isNoData
    ? "the meter does not have this item: remove the point, or correct its address"
    : "look the item up in the meter's manual: it may be protected";
  return `${itemText(item)}: ${reason}; ${hint}`;
}

function endOf({ at, byteCount, format }: Item): number {
  return byteCount ?? at + format.byteCount;
}

/** A block is a row of items, as many as the meter has. */
function blockMistake(length: number, asked: string, { block, byteCount }: Item): string | null {
  if (block === null || byteCount === null) return `${asked} is not its block`;
  if (length % byteCount !== 0)
    return `block ${asked} of ${length} bytes is no row of ${byteCount}`;
  if ((block.index + 1) * byteCount <= length) return null;
  return `block ${asked} has only ${length / byteCount} items`;
}

/** Two or more of one block are asked for as the block. */
export function planItems(
  wanted: readonly Wanted[],
  isWithBlocks: boolean,
): readonly ItemRequest<Address>[] {
  const byItem = Map.groupBy(wanted, ({ address }) => address.item);
  const singles = [...byItem].map(([item, points]) => ({ item, wanted: points, instead: [] }));
  const byBlock = Map.groupBy(singles, (request) => blockOf(request.wanted, isWithBlocks));
  return [...byBlock].flatMap(([block, requests]) => {
    if (block === null || requests.length < 2) return requests;
    return [{ item: block, wanted: requests.flatMap((one) => one.wanted), instead: requests }];
  });
}

/** Null if one of an item's points is read in its own way. */
function blockOf(wanted: readonly Wanted[], isWithBlocks: boolean): string | null {
  const blocks = new Set(wanted.map(({ address }) => address.entry.block?.item ?? null));
  const [block = null] = blocks;
  return isWithBlocks && blocks.size === 1 ? block : null;
}

/** By what the meter's values are to be multiplied; the table knows what they are. */
function factorOf(item: string, { ct, pt }: Device): number {
  if (/^0[01]|^020[345]|^0280000[3-6]/.test(item)) return ct * pt;
  if (/^0202|^02800001/.test(item)) return ct;
  return /^0201/.test(item) ? pt : 1;
}
