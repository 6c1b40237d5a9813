import { modbusTcpDriver } from "@headgate/drivers/modbus";
import { createVirtualMeter } from "@headgate/drivers/testing";
import { type Context, type Driver, silentLog, systemClock } from "@headgate/model";
import { beforeAll, describe, expect, it } from "vitest";
import { citedTables, readCitedFacts } from "../../testing/profiles/cited-meters.ts";
import { profileLibrary, shippedProfileFolders } from "../config/profile.ts";
import type { Profile } from "../config/profile-schema.ts";
import { findOnHosts } from "./find-tcp.ts";
import type { FindEvent, FoundDevice } from "./found-device.ts";

// Every device of the library as its sources describe it, and nothing more: what is it taken for?

const facts = await readCitedFacts();
const devices = [...facts.keys()];
const found = new Map<string, FoundDevice>();

const weak = (...names: string[]) => ["weak", ...names] as const;
const NONE = ["none"] as const;

/** What is no certain answer, and should not be. */
const DOUBTFUL: Readonly<Record<string, readonly [FoundDevice["verdict"], ...string[]]>> = {
  // Two maps that differ in a factor of ten of what may be anything.
  "deye-hybrid.lv": ["several", "deye-hybrid.lv", "deye-hybrid.hv"],
  // Powers and counters, which may be anything: nothing that a stranger would not show.
  "eastron-sdm72": weak("eastron-sdm72"),
  "huawei-smartlogger": weak("huawei-smartlogger"),
  "solis-s5": weak("solis-s5"),
  "solis-hybrid": weak("solis-hybrid"),
  "growatt-min": weak("growatt-min"),
  "growatt-hybrid": weak("growatt-hybrid"),
  "deye-string": weak("deye-string"),
  "goodwe-dt": weak("goodwe-dt"),
  "sofar-g3": weak("sofar-g3"),
  "victron-gx": weak("victron-gx"),
  "renke-nh3.at6": weak("renke-nh3.at6"),
  "renke-nh3.at0": weak("renke-nh3.at0"),
  // The facts have values no healthy device shows: a power factor of 1.19, import below zero.
  "saia-ale3": NONE,
  "sma-inverter": NONE,
  // Only what differs from the other variant has facts; a whole device has more.
  "janitza-umg96rm.umg806": NONE,
  "socomec-countis.e23": NONE,
  "deye-hybrid.hv": NONE,
};

/** Several lines side by side: on a busy machine each answer waits for its turn. */
const LINES = 11;

beforeAll(async () => {
  const library = profileLibrary(shippedProfileFolders());
  const profiles: Profile[] = [];
  for (const id of await library.ids()) {
    const profile = await library.load(id);
    if (profile) profiles.push(profile);
  }
  const groups = [...Map.groupBy(devices, (id) => devices.indexOf(id) % LINES).values()];
  const signal = new AbortController().signal;
  const context = { clock: systemClock, log: silentLog, signal, directory: "" };
  await Promise.all(groups.map((own) => recognise(own, profiles, context)));
}, 240_000);

/** As units of one line, from 1 on. */
async function recognise(own: readonly string[], profiles: readonly Profile[], context: Context) {
  const units = own.map((id, index) => [index + 1, citedTables(facts.get(id) ?? [])]);
  const meter = createVirtualMeter({ units: Object.fromEntries(units) });
  const line = {
    driver: modbusTcpDriver as unknown as Driver,
    settings: { host: "127.0.0.1", port: await meter.listen() },
    tuning: {},
    name: "meters",
    timeoutMs: 30_000,
    isShared: false,
  };
  const emit = (event: FindEvent) => {
    if (event.kind !== "found") return;
    found.set(own[Number(event.found.device.unitId) - 1] ?? "", event.found);
  };
  const unitIds = own.map((_, index) => index + 1);
  try {
    await findOnHosts({ lines: [line], unitIds, lastIds: [] }, { profiles, context, emit });
  } finally {
    await meter.close();
  }
}

const namesOf = (device: FoundDevice | undefined) =>
  device?.proposals.map(({ profile, variant }) => (variant ? `${profile}.${variant}` : profile));

describe("a device as its sources describe it", () => {
  it.each(devices)("%s is taken for itself, or for what cannot be told from it", (id) => {
    const [verdict, ...names] = DOUBTFUL[id] ?? ["one", id];
    const device = found.get(id);
    expect([device?.verdict, ...(namesOf(device) ?? [])]).toEqual([verdict, ...names]);
  });
});
