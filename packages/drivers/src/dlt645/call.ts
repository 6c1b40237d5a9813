import type { Call } from "../meter-line/call-all.ts";
import type { CallSide } from "../meter-line/meter-search.ts";
import { requestFrame } from "./answer.ts";
import {
  ANSWER_BITS,
  ANY_METER,
  CONTROL,
  decodeFrame,
  encodeRequest,
  frameShape,
} from "./frame.ts";
import type { Device } from "./settings.ts";

/** Energy drawn: every meter has it, or refuses it under its number. */
const ASKED_ITEM = "00010000";
const HUNDRED = Array.from({ length: 100 }, (_, number) => String(number).padStart(2, "0"));

/** How DL/T 645-2007 meters are called. */
export const dlt645Call: CallSide<Device> = {
  name: "DL/T 645-2007",
  shape: frameShape,
  calls: [
    {
      request: encodeRequest(requestFrame({ meter: ANY_METER, item: "", sequence: 0 })),
      ifSilent: [callEnding("")],
      split: () => HUNDRED.map(callEnding),
    },
  ],
  ask: ({ meter }) => readRequest(meter),
  tell(bytes) {
    const { meter, control } = decodeFrame(bytes);
    const { answer, refused, more } = ANSWER_BITS;
    const asked = control & ~(refused | more);
    const isAnswer = asked === (CONTROL.read | answer) || asked === (CONTROL.readAddress | answer);
    return isAnswer && /^\d+$/.test(meter) ? { meter } : null;
  },
};

/** To all whose numbers end so: what goes before may be anything. */
function callEnding(ending: string): Call {
  const isWhole = ending.length >= ANY_METER.length;
  const meter = `${ANY_METER.slice(ending.length)}${ending}`;
  return {
    request: readRequest(meter),
    ifSilent: [],
    split: () => (isWhole ? [] : HUNDRED.map((digits) => callEnding(`${digits}${ending}`))),
  };
}

function readRequest(meter: string): Buffer {
  return encodeRequest(requestFrame({ meter, item: ASKED_ITEM, sequence: 0 }));
}
