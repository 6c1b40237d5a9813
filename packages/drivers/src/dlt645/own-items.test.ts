import { silentLog, systemClock } from "@headgate/model";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualMeterLine, type VirtualMeterLine } from "../../testing/virtual-meter-line.ts";
import { dlt645TcpDriver } from "./driver.ts";

const METER = "000012345678";
const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };

// Low byte first, as on the wire before 33H is added. -12.345 A has the top bit of its high byte.
const ITEMS = {
  "0202FF00": "45 23 81 45 23 01 FF FF FF",
  "0203FF00": "34 12 80 11 00 00 22 00 00 33 00 80",
  "0201FF00": "01 23 12 23 23 23",
  "01010000": "50 12 03 00 45 10 25 11 26",
  "01020000": "50 12 03 45 10 25 11 26",
  "0F010203": "34 92",
};

interface Settings {
  readonly address: string;
  readonly format?: string;
  readonly signed?: boolean;
  readonly skip?: number;
}

describe("an item that is read as its settings say", () => {
  let line: VirtualMeterLine;
  let port = 0;
  beforeEach(async () => {
    line = createVirtualMeterLine({ electricity: { [METER]: { items: ITEMS } } });
    port = await line.listen();
  });
  afterEach(() => line.close());

  async function read(all: readonly Settings[]): Promise<unknown[]> {
    const device = dlt645TcpDriver.deviceSchema?.parse({ meter: METER });
    if (!device) throw new Error("a meter has settings");
    const points = all.map((settings, index) => {
      return {
        id: `meter/${index}`,
        address: dlt645TcpDriver.addressSchema.parse(settings),
        device,
      };
    });
    const settings = { host: "127.0.0.1", port, turnaround: 1, timeout: 10_000 };
    const connection = await dlt645TcpDriver.open(
      dlt645TcpDriver.configSchema.parse(settings),
      context,
    );
    const samples = [...(await connection.read(points, signal))];
    await connection.close();
    return samples.map((sample) => (sample.quality === "bad" ? sample.reason : sample.value));
  }

  it("one value of a block with its sign, in one request for all of them", async () => {
    const current = { address: "0202FF00", format: "XXX.XXX", signed: true };
    const values = await read([
      { ...current, skip: 0 },
      { ...current, skip: 3 },
      { ...current, skip: 6 },
      { ...current, skip: 0, signed: false },
      { address: "0202FF00", format: "XXX.XXX", signed: true, skip: 7 },
    ]);
    expect(values).toEqual([
      -12.345,
      12.345,
      "not available (filled with FF)",
      812.345,
      expect.stringMatching(/^0202FF00 has 9 bytes, not 10; /),
    ]);
    expect(line.requestCounts.get(METER)).toBe(1);
  });

  it("is not taken for a single value where the meter sends several", async () => {
    const [reason] = await read([{ address: "0201FF00", format: "XXX.X" }]);
    expect(reason).toBe(
      "0201FF00 has 6 bytes, not 2; write its format as the meter has it, and skip: where it is " +
        "one of several",
    );
  });

  it("the demand of a meter with other decimals, and the time behind it", async () => {
    const values = await read([
      { address: "01010000", format: "XXXX.XXXX" },
      { address: "01010000", format: "YYMMDDhhmm", skip: 4 },
      { address: "01020000" },
      { address: "01020000:time" },
      { address: "01020000:time", format: "YYMMDDhhmm" },
    ]);
    expect(values).toEqual([
      3.125,
      ...["2026-11-25T10:45", 3.125, "2026-11-25T10:45", "2026-11-25T10:45"],
    ]);
  });

  it("an item of the maker's own, with or without a sign", async () => {
    const own = { address: "0F010203", format: "XX.XX" };
    expect(await read([{ ...own, signed: true }, own])).toEqual([-12.34, 92.34]);
  });

  it("that the meter does not have is told by its name, or its number", async () => {
    line.faults(METER).refusal = 0x05;
    const told = await read([{ address: "frequency" }, { address: "0F010203", format: "XX" }]);
    const tail = "another error, wrong password or not authorised (error 05); look the item up in";
    expect(told).toEqual([
      expect.stringContaining(`item 02800002 (frequency): ${tail}`),
      expect.stringContaining(`item 0F010203: ${tail}`),
    ]);
  });
});

describe("settings of an item", () => {
  it.each([
    [{ address: "04000101", signed: true }, "not with YYMMDDWW; remove it"],
    [{ address: "04000501", signed: true }, "not with bits16; remove it"],
    [{ address: "02030000", format: "NNNNNN", signed: true }, "not with NNNNNN; remove it"],
  ])("%o is a mistake: %s", (settings, words) => {
    expect(() => dlt645TcpDriver.addressSchema.parse(settings)).toThrow(words);
  });

  it("a text in the place of a signed number has no sign", () => {
    const { entry } = dlt645TcpDriver.addressSchema.parse({
      address: "02030000",
      format: "NNNNNN",
    });
    expect(entry.isSigned).toBe(false);
  });
});
