import type { DeviceIdentity } from "@headgate/model";

/** Modbus Application Protocol, 6.21: read device identification. */
const IDENTIFY = 0x2b;
const IDENTIFY_TYPE = 0x0e;
const REPORT_SERVER = 0x11;
/** Answers that follow each other; a device that never ends is not heard out. */
const FOLLOWING_MAX = 8;
const TEXT_MAX = 64;

/** Asks, and gives the answer's PDU; null if there is none or a refusal. */
export type AskPdu = (pdu: Buffer) => Promise<Buffer | null>;

/** What a unit says of itself by the functions made for it. */
export async function identifyUnit(ask: AskPdu): Promise<DeviceIdentity | null> {
  const objects = await readObjects(ask);
  if (objects.size > 0) {
    const text = (id: number) => objects.get(id) ?? "";
    return {
      by: "device identification (FC 43)",
      manufacturer: text(0),
      model: text(5) || text(4) || text(1),
      version: text(2),
      serial: "",
    };
  }
  const answer = await ask(Buffer.from([REPORT_SERVER]));
  const model = answer && printable(answer.subarray(2, 2 + (answer[1] ?? 0)));
  if (!model || model.length < 3) return null;
  return { by: "server id (FC 17)", manufacturer: "", model, version: "", serial: "" };
}

/** Basic objects, and the regular ones where the device has them. */
async function readObjects(ask: AskPdu): Promise<ReadonlyMap<number, string>> {
  const objects = new Map<number, string>();
  for (const category of [1, 2]) {
    let from: number | null = category === 1 ? 0 : 3;
    for (let count = 0; from !== null && count < FOLLOWING_MAX; count++) {
      const answer = await ask(Buffer.from([IDENTIFY, IDENTIFY_TYPE, category, from]));
      const part = answer && readPart(answer);
      if (!part) break;
      for (const [id, text] of part.objects) objects.set(id, text);
      // One that goes back would go round for ever.
      from = part.nextId !== null && part.nextId > from ? part.nextId : null;
      if (category === 1 && !part.isRegular) return objects;
    }
    if (objects.size === 0) break;
  }
  return objects;
}

interface Part {
  readonly objects: readonly (readonly [id: number, text: string])[];
  readonly nextId: number | null;
  /** It has more than the basic objects. */
  readonly isRegular: boolean;
}

/** Type, category, conformity, more, next, count, then id, length and text of each object. */
export function readPart(pdu: Buffer): Part | null {
  if (pdu[0] !== IDENTIFY || pdu[1] !== IDENTIFY_TYPE || pdu.length < 7) return null;
  const objects: [number, string][] = [];
  let at = 7;
  for (let left = pdu[6] as number; left > 0 && at + 2 <= pdu.length; left--) {
    const end = at + 2 + (pdu[at + 1] as number);
    if (end > pdu.length) break;
    objects.push([pdu[at] as number, printable(pdu.subarray(at + 2, end))]);
    at = end;
  }
  const isRegular = ((pdu[3] as number) & 0x7f) >= 2;
  return { objects, nextId: pdu[4] === 0xff ? (pdu[5] as number) : null, isRegular };
}

/** The text among foreign bytes, without what terminals would obey. */
export function printable(bytes: Buffer): string {
  const text = bytes.toString("utf8").replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, " ");
  return text.replaceAll(/ +/g, " ").replaceAll("\ufffd", "").trim().slice(0, TEXT_MAX);
}
