import { type Sample, silentLog, systemClock } from "@headgate/model";
import { driverContract } from "@headgate/model/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVirtualMeterLine, type VirtualMeterLine } from "../../testing/virtual-meter-line.ts";
import { dlt645TcpDriver } from "./driver.ts";
import type { Address, Device } from "./settings.ts";

const METER = "000012345678";
const NEIGHBOUR = "000012345679";
const context = {
  clock: systemClock,
  log: silentLog,
  signal: new AbortController().signal,
  directory: "",
};

const deviceOf = (settings: object): Device => {
  if (!dlt645TcpDriver.deviceSchema) throw new Error("the driver has a device schema");
  return dlt645TcpDriver.deviceSchema.parse(settings);
};
const meter = deviceOf({ meter: METER });

function point(name: string, settings: object | string, device = meter) {
  const written = typeof settings === "string" ? { address: settings } : settings;
  const address: Address = dlt645TcpDriver.addressSchema.parse(written);
  return { id: `meter/${name}`, address, device };
}

// Bytes as they stand on the wire, low byte first, before 33H is added.
const ITEMS = {
  "00010000": "78 56 34 12",
  "0001FF00": "78 56 34 12 11 00 00 00 22 00 00 00 33 00 00 00 44 00 00 00",
  "02010100": "01 23",
  "02010200": "12 23",
  "0201FF00": "01 23 12 23 23 23",
  "02020100": "45 23 81",
  "02030000": "34 12 80",
  "01010000": "50 12 03 45 10 25 11 26",
  "04000101": "03 25 11 26",
  "04000501": "01 80",
  "00020000": "FF FF FF FF",
  "00030000": "78 5A 34 12",
  "00040000": "78 56 34",
};

function createLine(frameBytesMax = 190) {
  const neighbour = { items: { "00010000": "01 00 00 00" } };
  return createVirtualMeterLine({
    electricity: { [METER]: { items: ITEMS, frameBytesMax }, [NEIGHBOUR]: neighbour },
  });
}

const configOf = (port: number, settings = {}) =>
  dlt645TcpDriver.configSchema.parse({ host: "127.0.0.1", port, turnaround: 1, ...settings });

const shown = (samples: readonly Sample[]) =>
  samples.map((sample) => (sample.quality === "bad" ? sample.reason : sample.value));

describe("a virtual electricity meter", () => {
  driverContract(it, async () => {
    const line = createLine();
    const port = await line.listen();
    return {
      driver: dlt645TcpDriver,
      context,
      config: configOf(port, { timeoutsMax: 1 }),
      points: [point("energy", "00010000"), point("voltage", "voltage.l1n")],
      pointRefusedByDevice: point("none", "0280000A"),
      cutLine: () => line.unplug(),
      tearDown: () => line.close(),
    };
  });
});

describe("reading an electricity meter", () => {
  let line: VirtualMeterLine;
  let port = 0;
  beforeEach(async () => {
    line = createLine();
    port = await line.listen();
  });
  afterEach(() => line.close());

  async function read(points: ReturnType<typeof point>[], settings = {}) {
    const connection = await dlt645TcpDriver.open(configOf(port, settings), context);
    try {
      return shown([...(await connection.read(points, context.signal))]);
    } finally {
      await connection.close();
    }
  }

  it("gives numbers with sign and decimals, texts, times and bits", async () => {
    const points = [
      point("energy", "energy.active.import"),
      point("current", "current.l1"),
      point("power", "power.active.total"),
      point("demand", "01010000"),
      point("when", "01010000:time"),
      point("date", "04000101"),
      point("status", "04000501"),
    ];
    expect(await read(points)).toEqual([
      123_456.78,
      -12.345,
      -0.1234,
      3.125,
      "2026-11-25T10:45",
      "2026-11-25",
      0x8001,
    ]);
  });

  it("applies transformer ratios to what they belong to", async () => {
    const device = deviceOf({ meter: METER, ct: 40, pt: 100 });
    const names = ["00010000", "02010100", "02020100", "02030000", "04000501"];
    const points = names.map((name) => point(name, name, device));
    expect(await read(points)).toEqual([493_827_120, 23_010, -493.8, -493.6, 0x8001]);
  });

  it("asks for a block where two or more of its items are wanted", async () => {
    const names = ["energy.active.import", "energy.active.import.t1", "energy.active.import.t4"];
    expect(await read(names.map((name) => point(name, name)))).toEqual([123_456.78, 0.11, 0.44]);
    expect(line.requestCounts.get(METER)).toBe(1);
  });

  it("asks one by one where the meter has no such block, and remembers that", async () => {
    const points = [point("a", "02030000"), point("b", "02030100")];
    const connection = await dlt645TcpDriver.open(configOf(port), context);
    for (const count of [3, 4]) {
      const samples = [...(await connection.read(points, context.signal))];
      expect(shown(samples)).toEqual([
        -0.1234,
        expect.stringMatching(/^item 02030100 \(power\.active\.l1\): no such data \(error 02\); /),
      ]);
      expect(line.requestCounts.get(METER)).toBe(count);
    }
    await connection.close();
  });

  it("reads all else of a meter that never answers about one block", async () => {
    line.faults(METER).silentAbout = ["0201FF00"];
    const settings = { timeout: 10_000, timeoutsMax: 100 };
    const connection = await dlt645TcpDriver.open(configOf(port, settings), context);
    const impatient = deviceOf({ meter: METER, timeout: 300 });
    const names = ["02010100", "02010200", "04000101"];
    const points = names.map((name) => point(name, name, impatient));
    const scan = async () => shown([...(await connection.read(points, context.signal))]);
    await scan();
    expect((await scan())[2]).toBe("2026-11-25");
    await expect.poll(scan, { timeout: 20_000 }).toEqual([230.1, 231.2, "2026-11-25"]);
    await connection.close();
  });

  it("joins following frames", async () => {
    await line.close();
    line = createLine(7);
    port = await line.listen();
    const names = ["energy.active.import", "energy.active.import.t1", "energy.active.import.t4"];
    expect(await read(names.map((name) => point(name, name)))).toEqual([123_456.78, 0.11, 0.44]);
    expect(line.requestCounts.get(METER)).toBe(3);
  });

  it("reports what is no value as bad, with a reason", async () => {
    const points = [
      point("filled", "00020000"),
      point("hex", "00030000"),
      point("short", "00040000"),
      point("refused", "00050000"),
      point("good", "00010000"),
    ];
    expect(await read(points)).toEqual([
      "not available (filled with FF)",
      "no decimal digits (0x12345A78)",
      expect.stringMatching(/^00040000 has 3 bytes, not 4; write its format as the meter has it, /),
      "item 00050000 (energy.reactive.q1): no such data (error 02); the meter does not have this " +
        "item: remove the point, or correct its address",
      123_456.78,
    ]);
  });

  it("asks a meter that is alone without its number, and finds that out", async () => {
    await line.close();
    line = createVirtualMeterLine({ electricity: { [METER]: { items: ITEMS } } });
    port = await line.listen();
    const any = deviceOf({ meter: "any" });
    const points = [point("energy", "00010000", any), point("number", "device.address", any)];
    expect(await read(points)).toEqual([123_456.78, METER]);
  });

  it.each([
    ["silent", { isSilent: true }, /^timeout: no answer from meter 000012345678 within 300 ms$/],
    ["late", { delayMs: 1_500 }, /^timeout: /],
    ["under another number", { answersAs: "000000000001" }, /but from another or to another/],
    ["about another item", { answersAbout: "00010100" }, /but from another or to another/],
    ["truncated", { truncatedTo: 14 }, /bytes that are no frame; check baudRate and parity$/],
    ["garbled", { isGarbled: true }, /bytes that are no frame; check baudRate and parity$/],
    [
      "refusing",
      { refusal: 4 },
      /^item \w{8}.*: wrong password or not authorised \(error 04\); look /,
    ],
  ])("gives no value while the meter is %s, and one after", async (_name, faults, reason) => {
    const connection = await dlt645TcpDriver.open(
      configOf(port, { timeout: 300, timeoutsMax: 100 }),
      context,
    );
    const device = deviceOf({ meter: METER, timeout: 10_000 });
    const patient = [point("energy", "00010000", device)];
    const points = [point("energy", "00010000"), point("date", "04000101")];
    Object.assign(line.faults(METER), faults);
    const [energy, date] = shown([...(await connection.read(points, context.signal))]);
    expect(energy).toMatch(reason);
    expect(date).toMatch(reason);
    const none = { isSilent: false, delayMs: 0, answersAs: null, answersAbout: null };
    Object.assign(line.faults(METER), none, { truncatedTo: null, isGarbled: false, refusal: null });
    expect(shown([...(await connection.read(patient, context.signal))])).toEqual([123_456.78]);
    await connection.close();
  });

  it("reads through noise and an adapter's echo", async () => {
    line.isEchoing = true;
    line.faults(METER).noise = Buffer.from("FEFE68FF68", "hex");
    expect(await read([point("energy", "00010000")])).toEqual([123_456.78]);
  });

  it("reads its neighbour while a meter is dead, which rests", async () => {
    line.faults(METER).isSilent = true;
    const settings = { timeout: 10_000, timeoutsMax: 100 };
    const connection = await dlt645TcpDriver.open(configOf(port, settings), context);
    const impatient = deviceOf({ meter: METER, timeout: 100 });
    const neighbour = deviceOf({ meter: NEIGHBOUR });
    const points = [point("a", "00010000", impatient), point("b", "00010000", neighbour)];
    let reasons: unknown[] = [];
    for (let scan = 0; scan < 4; scan++) {
      reasons = shown([...(await connection.read(points, context.signal))]);
      expect(reasons[1]).toBe(0.01);
    }
    expect(reasons[0]).toMatch(/^timeout: .* within 100 ms, next try in 5 s$/);
    expect(line.requestCounts.get(METER)).toBe(3);
    await connection.close();
  });

  it("gives up a socket through which nobody answers", async () => {
    line.faults(METER).isSilent = true;
    const connection = await dlt645TcpDriver.open(
      configOf(port, { timeout: 50, timeoutsMax: 2 }),
      context,
    );
    const points = [point("energy", "00010000")];
    await connection.read(points, context.signal);
    await expect(connection.read(points, context.signal)).rejects.toMatchObject({
      name: "Unreachable",
      message: expect.stringMatching(/2 requests in a row had no answer; check the meter numbers/),
    });
  });
});

describe("settings of electricity meters", () => {
  const messageOf = (parse: () => unknown): string => {
    try {
      parse();
    } catch (error) {
      return error instanceof Error ? error.message : "";
    }
    return "";
  };

  it.each([
    ["00010000", "00010000"],
    ["0201ff00", ""],
    ["energy.active.import.t2", "00010200"],
    ["frequency", "02800002"],
  ])("the address %s is item %s", (written, item) => {
    const parse = () => dlt645TcpDriver.addressSchema.parse({ address: written });
    if (item === "") expect(messageOf(parse)).toContain("write its format");
    else expect(parse()).toMatchObject({ item });
  });

  it.each([
    [{ address: 10_000 }, "write it in quotes"],
    [{ address: "0001000" }, "eight hex digits in quotes"],
    [{ address: "00010000:time" }, "is no demand and has no time"],
    [{ address: "09000000", format: "XXXXX" }, "odd number of digits"],
  ])("%o is a mistake: %s", (settings, words) => {
    expect(messageOf(() => dlt645TcpDriver.addressSchema.parse(settings))).toContain(words);
  });

  it.each([
    ["123456789012", "123456789012"],
    [12_345_678, "000012345678"],
    ["12345678", "000012345678"],
    ["any", "AAAAAAAAAAAA"],
  ])("the meter number %s is %s", (written, number) => {
    expect(deviceOf({ meter: written }).meter).toBe(number);
  });

  it.each(["1234567890123", "12A4", "", "999x"])("%j is no meter number", (written) => {
    expect(messageOf(() => deviceOf({ meter: written }))).toContain("is no meter number");
  });

  it("an item of one's own has a format, a place and a sign", () => {
    const written = { address: "0207FF00", format: "XXX.X", skip: 2, signed: true };
    expect(dlt645TcpDriver.addressSchema.parse(written)).toMatchObject({
      item: "0207FF00",
      entry: { at: 2, isSigned: true, byteCount: null, block: null },
    });
    expect(dlt645TcpDriver.unitOf?.(point("a", "02030000").address, meter)).toBe("kW");
  });
});
