import { modbusRtuDriver } from "@headgate/drivers/modbus";
import { createVirtualMeter, openVirtualLine, type VirtualLine } from "@headgate/drivers/testing";
import { type Driver, silentLog, systemClock } from "@headgate/model";
import { afterEach, describe, expect, it } from "vitest";
import { citedTables, readCitedFacts } from "../../testing/profiles/cited-meters.ts";
import { profileLibrary, shippedProfileFolders } from "../config/profile.ts";
import type { SearchedLine } from "./find-on-line.ts";
import { findOnSerial } from "./find-serial.ts";
import type { FindEvent, FoundDevice } from "./found-device.ts";
import { absentMs, type LineSettings, lineText } from "./line-settings.ts";

// A real serial port, whose line takes its time at 115200 baud; tests/bench has 9600.

const facts = await readCitedFacts();
const library = profileLibrary(shippedProfileFolders());
const profiles = (await Promise.all((await library.ids()).map((id) => library.load(id)))).filter(
  (profile) => profile !== null,
);
const RATE = { baudRate: 115_200, parity: "none", stopBits: 1 } as const;
/** Long: a machine with other work answers late. */
const TIMEOUT_MS = 1500;
const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function openLine(): Promise<VirtualLine> {
  const line = await openVirtualLine(RATE);
  endings.push(() => line.close());
  return line;
}

async function addMeter(line: VirtualLine, unitId: number, device: string) {
  const meter = createVirtualMeter({ units: { [unitId]: citedTables(facts.get(device) ?? []) } });
  await meter.attach(await line.station());
  endings.push(() => meter.close());
  return meter;
}

interface Searched {
  readonly settings: readonly LineSettings[];
  readonly unitIds: readonly number[];
  readonly stopAt?: (event: FindEvent) => boolean;
}

async function search({ path }: VirtualLine, { settings, unitIds, stopAt }: Searched) {
  const lines = settings.map(({ baudRate, parity }): SearchedLine => {
    return {
      driver: modbusRtuDriver as unknown as Driver,
      settings: { path, baudRate, parity },
      tuning: { turnaround: 1 },
      name: lineText({ baudRate, parity, stopBits: 1 }),
      timeoutMs: TIMEOUT_MS,
      isShared: true,
    };
  });
  const ending = new AbortController();
  const context = { clock: systemClock, log: silentLog, signal: ending.signal, directory: "" };
  const found = new Map<number, FoundDevice>();
  const events: FindEvent[] = [];
  const emit = (event: FindEvent) => {
    events.push(event);
    if (event.kind === "found") found.set(Number(event.found.device.unitId), event.found);
    if (stopAt?.(event)) ending.abort();
  };
  const wish = { settings: lines, calls: [], unitIds, likelyCount: 2 };
  const ends = { isAll: false, countMax: 100 };
  await findOnSerial(
    { ...wish, ...ends, lookMs: () => absentMs(RATE, TIMEOUT_MS) },
    { profiles, context, emit },
  );
  return { found, events };
}

/** By unit id, from 1 on. The bench has twelve; recognise.test.ts has all there are. */
const METERS = ["eastron-sdm630", "chint-dtsu666.a", "carlo-gavazzi-em24.rs485"];

describe("a search on a serial line", () => {
  it("finds meters, each with its profile and no other", async () => {
    const line = await openLine();
    for (const [index, device] of METERS.entries()) await addMeter(line, index + 1, device);
    const unitIds = Array.from({ length: 4 }, (_, index) => index + 1);
    const { found } = await search(line, { settings: [RATE], unitIds });
    const told = [...found].map(([unitId, { verdict, proposals }]) => {
      const names = proposals.map(({ profile, variant }) =>
        variant ? `${profile}.${variant}` : profile,
      );
      return `${unitId} ${verdict} ${names.join(" or ")}`;
    });
    expect(told).toEqual(METERS.map((device, index) => `${index + 1} one ${device}`));
    expect(found.get(1)?.proposals[0]?.values).toContainEqual({
      point: "voltage-l1",
      meaning: "voltage.l1n",
      value: 230.1,
      unit: "V",
    });
  }, 240_000);

  it("finds the speed by the likely ids, then asks the others at that speed only", async () => {
    const line = await openLine();
    await addMeter(line, 2, "eastron-sdm120");
    await addMeter(line, 5, "eastron-sdm120");
    const slow = { baudRate: 57_600, parity: "none", stopBits: 1 } as const;
    const { found, events } = await search(line, { settings: [slow, RATE], unitIds: [1, 2, 5] });
    expect([...found.keys()]).toEqual([2, 5]);
    const looks = events.flatMap((event) =>
      event.kind === "progress" && event.doing === "look" ? [`${event.line}: ${event.unitId}`] : [],
    );
    const likely = ["57600 8N1: 1", "57600 8N1: 2", "115200 8N1: 1", "115200 8N1: 2"];
    expect(looks).toEqual([...likely, "115200 8N1: 5"]);
    expect(events[0]).toMatchObject({ kind: "plan", lookCount: 6 });
  }, 120_000);

  it("tells two devices of one id, beside others that are well", async () => {
    const line = await openLine();
    await addMeter(line, 1, "eastron-sdm120");
    await addMeter(line, 2, "abb-b23");
    await addMeter(line, 2, "eastron-sdm630");
    const { found } = await search(line, { settings: [RATE], unitIds: [1, 2] });
    expect(found.get(1)).toMatchObject({ trouble: null, verdict: "one" });
    expect(found.get(2)?.trouble).toMatch(/conflict|garbled/);
    expect(found.get(2)?.proposals).toEqual([]);
  }, 120_000);

  it("ends where it is when it is told to, with what was found", async () => {
    const line = await openLine();
    await addMeter(line, 1, "eastron-sdm120");
    const stopAt = ({ kind }: FindEvent) => kind === "found";
    const { found, events } = await search(line, {
      settings: [RATE],
      unitIds: [1, 2, 3, 4],
      stopAt,
    });
    expect([...found.keys()]).toEqual([1]);
    expect(events.filter(({ kind }) => kind === "progress")).toHaveLength(1);
  }, 60_000);
});
