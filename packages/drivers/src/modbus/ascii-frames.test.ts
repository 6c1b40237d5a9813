import { systemClock } from "@headgate/model";
import { describe, expect, it } from "vitest";
import { createAsciiReader, lrc, toAscii } from "./ascii-frames.ts";
import { asciiWire } from "./ascii-wire.ts";
import { crc16 } from "./crc16.ts";
import { RtuPort } from "./rtu-port.ts";

function rtu(hex: string): Buffer {
  const body = Buffer.from(hex, "hex");
  const crc = Buffer.alloc(2);
  crc.writeUInt16LE(crc16(body));
  return Buffer.concat([body, crc]);
}

const ascii = (text: string) => Buffer.from(text, "latin1");
const REQUEST = rtu("010300000002");

describe("Modbus ASCII", () => {
  it("writes a frame as colon, characters, sum and end of line", () => {
    expect(toAscii(REQUEST).toString("latin1")).toBe(":010300000002FA\r\n");
    expect(toAscii(rtu("110600010003")).toString("latin1")).toBe(":110600010003E5\r\n");
    expect(lrc(Buffer.from("010300000002fa", "hex"))).toBe(0);
  });

  it("reads what it wrote, in whatever pieces and among noise", () => {
    const sent = Buffer.concat([ascii("\xff:01\n:0103"), toAscii(REQUEST), ascii("zz")]);
    for (let size = 1; size <= sent.length; size++) {
      const read = createAsciiReader();
      const frames: Buffer[] = [];
      for (let at = 0; at < sent.length; at += size) {
        frames.push(...read(sent.subarray(at, at + size)));
      }
      expect(frames).toEqual([REQUEST]);
    }
  });

  it("reads small letters, and several frames at once", () => {
    const two = Buffer.concat([ascii(":010300000002fa\r\n"), toAscii(REQUEST)]);
    expect(createAsciiReader()(two)).toEqual([REQUEST, REQUEST]);
  });

  it("tells an answer that is none from silence", () => {
    let hear: (bytes: Buffer) => void = () => {};
    const listen = (onBytes: typeof hear) => {
      hear = onBytes;
    };
    const wire = asciiWire({ write: () => {}, listen, destroy: () => {} });
    const port = new RtuPort({ wire, clock: systemClock, pauseMs: 0, byteMs: 0 });
    port.open(() => {});
    for (const heard of [":0103040001000200\r\n", "\xff\xfe\x03", `:${"00".repeat(400)}\r\n`]) {
      port.write(REQUEST);
      hear(ascii("\r\n\0"));
      expect(port.silence).toBe("timeout");
      hear(ascii(heard));
      expect(port.silence).toBe("checksum");
    }
  });

  it.each([
    ["a wrong sum", ":010300000002FB\r\n"],
    ["an odd number of characters", ":01030000002FA\r\n"],
    ["what is no hex", ":0103000000G2FA\r\n"],
    ["no carriage return", ":010300000002FA\n"],
    ["too little", ":01FF\r\n"],
    ["no end", `:${"00".repeat(400)}\r\n`],
  ])("takes no frame with %s", (_name, text) => {
    const read = createAsciiReader();
    expect(read(ascii(text))).toEqual([]);
    expect(read(toAscii(REQUEST))).toEqual([REQUEST]);
  });
});
