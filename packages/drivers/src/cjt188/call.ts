import type { Call } from "../meter-line/call-all.ts";
import type { CallSide } from "../meter-line/meter-search.ts";
import { PRESENT_ITEM } from "./address.ts";
import { ANY_KIND, requestFrame } from "./answer.ts";
import {
  ANSWER_BITS,
  ANY_METER,
  CONTROL,
  decodeFrame,
  encodeRequest,
  frameShape,
} from "./frame.ts";
import { type Device, kindText } from "./settings.ts";

const HUNDRED = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));
const COLD_WATER = 0x10;
const HEAT = 0x20;
const GAS = 0x30;
/** Those that meters are made of; others answer to a question to any kind. */
const KINDS = [COLD_WATER, 0x11, 0x12, 0x13, HEAT, 0x21, 0x22, GAS];

/** How CJ/T 188 meters are called. */
export const cjt188Call: CallSide<Device> = {
  name: "CJ/T 188",
  shape: frameShape,
  calls: [
    {
      request: frameOf({ kind: ANY_KIND, meter: ANY_METER, item: "" }),
      // Some know no question to any kind.
      ifSilent: [COLD_WATER, HEAT, GAS].map((kind) => callOf(kind, "")),
      split: () => KINDS.map((kind) => callOf(kind, "")),
    },
  ],
  ask: ({ kind, meter }) => frameOf({ kind, meter, item: PRESENT_ITEM }),
  tell(bytes) {
    const { kind, meter, control } = decodeFrame(bytes);
    const { answer, refused } = ANSWER_BITS;
    const asked = control & ~refused;
    const isAnswer = asked === (CONTROL.read | answer) || asked === (CONTROL.readAddress | answer);
    const isKind = kind >= COLD_WATER && kind < 0x50;
    return isAnswer && isKind && /^\d+$/.test(meter) ? { meter, kind: kindText(kind) } : null;
  },
};

/** To all of a kind whose numbers end so; not every meter knows a part of a number. */
function callOf(kind: number, ending: string): Call {
  const isWhole = ending.length >= ANY_METER.length;
  const meter = `${ANY_METER.slice(ending.length)}${ending}`;
  return {
    request: frameOf({ kind, meter, item: PRESENT_ITEM }),
    ifSilent: [],
    split: () => (isWhole ? [] : HUNDRED.map((digits) => callOf(kind, `${digits}${ending}`))),
  };
}

function frameOf(asked: { kind: number; meter: string; item: string }): Buffer {
  return encodeRequest(requestFrame({ ...asked, serial: 0, isItemSwapped: false }));
}
