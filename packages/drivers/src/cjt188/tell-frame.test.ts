import { expect, it } from "vitest";
import { encodeFrame, encodeRequest } from "./frame.ts";
import { cjt188Line } from "./tell-frame.ts";

const METER = "78330011223344";
const data = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const frame = (control: number, hex: string) =>
  encodeFrame({ kind: 0x10, meter: METER, control, data: data(hex) });

it.each([
  ["an answer", frame(0x81, "1F 90 05 00 77 66 55 2C"), "901F = 00 77 66 55 2C", null],
  ["a refusal", frame(0xc1, "05 01 02"), "refused (status 0102)", "exception"],
])("a trace of water meters tells %s", (_name, received, text, fault) => {
  const reader = cjt188Line.createFrameReader();
  const asked = { kind: 0x10, meter: METER, control: 0x01, data: data("1F 90 05") };
  const sent = reader.take({ kind: "sent", atMs: 0, bytes: encodeRequest(asked) });
  expect(sent).toMatchObject([{ unit: METER, text: "read 901F", fault: null }]);
  const frames = reader.take({ kind: "received", atMs: 30, bytes: received });
  expect(frames).toMatchObject([{ unit: METER, text, fault, roundTripMs: 30 }]);
});
