import {
  type InspectHints,
  Misconfigured,
  silentLog,
  systemClock,
  Unreachable,
} from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { createVirtualMeter, tableOfFunction, type VirtualMeter } from "../../../testing/index.ts";
import { modbusTcpDriver } from "../driver.ts";

const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** 48.21 as CDAB at 40, amid numbers that are their own address. */
const HELD: Readonly<Record<number, number>> = { 40: 0xd70a, 41: 0x4240 };
const holding = tableOfFunction((at) => HELD[at] ?? at);

async function inspect(meter: VirtualMeter, address: string, hints: Partial<InspectHints> = {}) {
  const port = await meter.listen();
  const settings = modbusTcpDriver.configSchema.parse({ host: "127.0.0.1", port, timeout: 5000 });
  const connection = await modbusTcpDriver.open(settings, context);
  endings.push(
    () => connection.close(),
    () => meter.close(),
  );
  const device = modbusTcpDriver.deviceSchema?.parse({ unitId: 1, maxRegisters: 5 });
  if (!device || !connection.inspect) throw new Error("the driver inspects devices");
  const known = { shows: null, unit: null, min: null, max: null, ...hints };
  return await connection.inspect({ device, address, hints: known }, signal);
}

describe("a place in a device", () => {
  it("is read with its neighbours, and what it means comes with the line to write", async () => {
    const meter = createVirtualMeter({ units: { 1: { holding } } });
    const { words, interpretations, verdict, unit } = await inspect(meter, "40041", {
      shows: "48.21",
    });
    expect(unit).toBe(1);
    expect(words.map(({ offset }) => offset)).toEqual([-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7]);
    expect(words[4]).toMatchObject({ address: "holding:40", word: 0xd70a, hasChanged: false });
    expect(verdict).toBe("certain");
    expect(interpretations[0]).toMatchObject({
      settings: { address: "holding:40", type: "float32", order: "CDAB", scale: 1 },
      bytes: "42 40 D7 0A",
      value: 48.21,
    });
    // Twelve registers, five at most in a request, twice.
    expect(meter.unit(1).requestCount).toBe(6);
  });

  it("is told of one reading where the device has fallen silent before the second", async () => {
    let reads = 0;
    const once = (at: number) => {
      // The last register of a reading.
      if (at === 47 && ++reads === 1) setImmediate(() => (meter.unit(1).faults.exception = 6));
      return HELD[at] ?? at;
    };
    const meter = createVirtualMeter({ units: { 1: { holding: tableOfFunction(once) } } });
    const { verdict } = await inspect(meter, "holding:40", { shows: "48.21" });
    expect(reads).toBe(1);
    expect(verdict).toBe("certain");
  });

  it.each([
    ["-0.012", -12n, 0.001],
    ["-0.5", -5n, 0.1],
  ])("that holds %s of 64 bits says so", async (shows, raw, scale) => {
    const words = Buffer.alloc(8);
    words.writeBigInt64BE(raw);
    const at40 = (at: number) => (at >= 40 && at < 44 ? words.readUInt16BE((at - 40) * 2) : 0xffff);
    const meter = createVirtualMeter({ units: { 1: { holding: tableOfFunction(at40) } } });
    const { interpretations } = await inspect(meter, "holding:40", { shows });
    const found = interpretations.find(({ settings }) => {
      return settings.type === "int64" && settings.order === "ABCDEFGH" && settings.scale === scale;
    });
    expect(found?.value).toBe(Number(shows));
  });

  it("is read round what the device refuses", async () => {
    const meter = createVirtualMeter({ units: { 1: { holding } } });
    meter.unit(1).faults.refused.push({ table: "holding", from: 42, to: 44, exception: 2 });
    const { words, interpretations } = await inspect(meter, "holding:40", { shows: "48.2" });
    expect(words.filter(({ refusal }) => refusal).map(({ address }) => address)).toEqual([
      "holding:42",
      "holding:43",
    ]);
    expect(words[6]).toMatchObject({ word: null, refusal: "illegal data address (exception 2)" });
    expect(interpretations[0]).toMatchObject({ value: 48.21 });
  });

  it("that is refused may be in the other table", async () => {
    const meter = createVirtualMeter({ units: { 1: { input: holding } } });
    const refused = await inspect(meter, "holding:40", { shows: "48.21" });
    expect(refused).toMatchObject({ elsewhere: "input:40", verdict: "none", interpretations: [] });
    expect(refused.words[4]).toMatchObject({ refusal: "illegal function (exception 1)" });
    const neither = await inspect(createVirtualMeter({ units: { 1: {} } }), "input:40");
    expect(neither).toMatchObject({ elsewhere: null, verdict: "none" });
  });

  it("may lie at an end of the table, and move", async () => {
    let reads = 0;
    const moving = tableOfFunction((at) => (at === 1 ? 500 + reads++ : 7));
    const meter = createVirtualMeter({ units: { 1: { holding: moving } } });
    const { words, verdict } = await inspect(meter, "holding:0", { shows: "99" });
    expect(words).toHaveLength(8);
    expect(words[1]).toMatchObject({ word: 500, hasChanged: true });
    expect(verdict).toBe("none");
  });

  it("keeps every digit of a long count", async () => {
    const counter = [0x1234, 0x5678, 0x9abc, 0xdef1];
    const table = tableOfFunction((at) => counter[at] ?? 1);
    const meter = createVirtualMeter({ units: { 1: { input: table } } });
    const shows = "1311768467463790.321";
    const { interpretations } = await inspect(meter, "input:0", { shows, unit: "kWh" });
    expect(interpretations[0]).toMatchObject({ value: shows });
    expect(interpretations[0]?.settings).toMatchObject({ type: "uint64", scale: 0.001 });
  });

  it.each<[string, Partial<InspectHints>, RegExp]>([
    ["coil:3", {}, /one bit reads one way only/],
    ["holding", {}, /not understood; write holding:0/],
    ["holding:1", { shows: "about 5" }, /no number that a display shows; .*230\.1/],
  ])("%s with %o is a mistake", async (address, hints, text) => {
    const meter = createVirtualMeter({ units: { 1: { holding } } });
    const failed = await inspect(meter, address, hints).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Misconfigured);
    expect(String(failed)).toMatch(text);
  });

  it("of a unit that refuses everything for now is unreachable", async () => {
    const meter = createVirtualMeter({ units: { 1: { holding } } });
    meter.unit(1).faults.exception = 6;
    const failed = await inspect(meter, "holding:40").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(Unreachable);
    expect(String(failed)).toMatch(/inspect holding:36: device busy \(exception 6\)/);
  });
});
