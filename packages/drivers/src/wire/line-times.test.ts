import { describe, expect, it } from "vitest";
import { byteMsOf, frameGapMs } from "./line-times.ts";
import type { SerialSettings } from "./physical-wire.ts";

describe("times on a serial line", () => {
  // Ten bits a byte without parity and eleven with it, as the standard counts them.
  it.each<[string, Partial<SerialSettings>, number, number]>([
    ["9600 8N1", {}, 1.0417, 3.6458],
    ["9600 8E1", { parity: "even" }, 1.1458, 4.0104],
    ["9600 8N2", { stopBits: 2 }, 1.1458, 4.0104],
    ["1200 8O1", { baudRate: 1200, parity: "odd" }, 9.1667, 32.0833],
    ["9600 7E1", { dataBits: 7, parity: "even" }, 1.0417, 3.6458],
    ["19200 8E1", { baudRate: 19_200, parity: "even" }, 0.5729, 2.0052],
    ["38400 8N1", { baudRate: 38_400 }, 0.2604, 1.75],
    ["115200 8N1", { baudRate: 115_200 }, 0.0868, 1.75],
  ])("%s", (_what, settings, byteMs, gapMs) => {
    const usual = { baudRate: 9600, parity: "none", dataBits: 8, stopBits: 1 } as const;
    const oneMs = byteMsOf({ ...usual, ...settings });
    expect(oneMs).toBeCloseTo(byteMs, 4);
    expect(frameGapMs(oneMs)).toBeCloseTo(gapMs, 4);
  });
});
