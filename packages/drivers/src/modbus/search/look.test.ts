import { describe, expect, it } from "vitest";
import { crc16 } from "../crc16.ts";
import { hearRtu } from "./heard.ts";
import { identifyUnit, printable } from "./identification.ts";
import { lookAt } from "./look.ts";

function rtu(hex: string): Buffer {
  const body = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
}

const ASKED = rtu("0c 03 0000 0001");
const REFUSAL = rtu("0c 83 02");
const VALUE = rtu("0c 03 02 1234");

describe("what is heard on a line", () => {
  it.each([
    ["an answer", VALUE, ["12:03021234"], 0],
    ["an adapter's echo and an answer", Buffer.concat([ASKED, REFUSAL]), ["12:8302"], 0],
    ["two answers", Buffer.concat([VALUE, REFUSAL]), ["12:03021234", "12:8302"], 0],
    ["somebody else's", rtu("07 03 02 0001"), ["7:03020001"], 0],
    ["two that garbled each other", Buffer.from("0c03ff8302", "hex"), [], 5],
    ["noise before an answer", Buffer.concat([Buffer.from([0]), VALUE]), ["12:03021234"], 1],
    [
      "an identification and another behind it",
      Buffer.concat([rtu("0c 2b 0e 01 01 00 00 01 00 03 414243"), VALUE]),
      ["12:2b0e01010000010003414243", "12:03021234"],
      0,
    ],
  ])("%s", (_name, bytes, frames, noiseCount) => {
    const heard = hearRtu(bytes, ASKED);
    const told = heard.frames.map(({ unitId, pdu }) => `${unitId}:${pdu.toString("hex")}`);
    expect([told, heard.noiseCount]).toEqual([frames, noiseCount]);
  });
});

describe("a look at one unit", () => {
  const nothing = Buffer.alloc(0);
  const noise = Buffer.from("0c0340ff", "hex");

  /** Answers in turn; the last one goes on. */
  async function look(...answers: readonly Buffer[]) {
    const codes: number[] = [];
    const seen = await lookAt(12, async (pdu) => {
      codes.push(pdu[0] as number);
      const bytes = answers[Math.min(codes.length, answers.length) - 1] ?? nothing;
      return { ...hearRtu(bytes, rtu(`0c${pdu.toString("hex")}`)), answerMs: 5 };
    });
    return { ...seen, codes };
  }

  it("asks once where nobody is, and once where somebody answers well", async () => {
    expect(await look(nothing)).toMatchObject({ outcome: "absent", codes: [3] });
    expect(await look(REFUSAL)).toMatchObject({
      outcome: "present",
      device: { unitId: 12 },
      said: "illegal data address (exception 2)",
      codes: [3],
    });
  });

  it("knows a gateway's word that nobody is there", async () => {
    expect(await look(rtu("0c 83 0b"))).toMatchObject({ outcome: "absent" });
  });

  it("names two that answer one question", async () => {
    expect(await look(Buffer.concat([VALUE, REFUSAL]))).toMatchObject({ outcome: "conflict" });
  });

  it("asks anew where an answer is garbled: noise comes once, a second one always", async () => {
    const input = rtu("0c 04 02 0001");
    expect(await look(noise, input, VALUE, input, VALUE)).toMatchObject({ outcome: "present" });
    expect(await look(noise)).toMatchObject({
      outcome: "garbled",
      said: "5 of 5 answers are garbled",
      codes: [3, 4, 3, 4, 3],
    });
  });

  it("tells whose late answer was heard", async () => {
    expect(await look(rtu("07 03 02 0001"))).toMatchObject({ outcome: "absent", others: [7] });
  });
});

describe("what a unit says of itself", () => {
  const object = (id: number, text: string) =>
    Buffer.concat([Buffer.from([id, text.length]), Buffer.from(text)]);
  const part = (more: number, next: number, ...objects: readonly Buffer[]) => {
    const head = Buffer.from([0x2b, 0x0e, 1, 0x82, more, next, objects.length]);
    return Buffer.concat([head, ...objects]);
  };

  it("is put together from several answers, as long as they go forward", async () => {
    const asked: string[] = [];
    const identity = await identifyUnit(async (pdu) => {
      asked.push(pdu.toString("hex"));
      if (pdu[2] === 2) return part(0, 0, object(5, "PAC3200"));
      return pdu[3] === 0
        ? part(0xff, 1, object(0, "Siemens"))
        : part(0xff, 1, object(1, "7KM"), object(2, "V2.1"));
    });
    expect(identity).toMatchObject({ manufacturer: "Siemens", model: "PAC3200", version: "V2.1" });
    expect(asked).toEqual(["2b0e0100", "2b0e0101", "2b0e0203"]);
  });

  it("is the server id where it has nothing better, else nothing", async () => {
    const answering = (text: Buffer) => async (pdu: Buffer) =>
      pdu[0] === 17 ? Buffer.concat([Buffer.from([17, text.length]), text]) : null;
    const told = await identifyUnit(answering(Buffer.from("\u0001LMB3.1.6\u00ff", "latin1")));
    expect(told).toMatchObject({ by: "server id (FC 17)", model: "LMB3.1.6" });
    expect(await identifyUnit(answering(Buffer.from([1, 0xff])))).toBe(null);
  });

  it("does not carry what a terminal would obey", () => {
    expect(printable(Buffer.from("AB\u001b[31mC\r\nD"))).toBe("AB [31mC D");
  });
});
