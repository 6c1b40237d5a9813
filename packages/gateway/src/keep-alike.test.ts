import { builtinDrivers } from "@headgate/drivers";
import { expect, test } from "vitest";
import { loadConfig } from "./config/load.ts";
import { keepAlike } from "./keep-alike.ts";

const POINTS = 40;
/** Enough that others have their turn in between. */
const DEVICES = 30;

interface Written {
  readonly channels: Record<string, object>;
  devices: Record<string, { points: Record<string, object> }>;
}

function written(): Written {
  const names = Array.from({ length: POINTS }, (_, index) => `p${index}`);
  const points = () => Object.fromEntries(names.map((name) => [name, { mean: 4 }]));
  const devices = Array.from({ length: DEVICES }, (_, index) => {
    return [`d${index}`, { channel: `c${index % 2}`, scan: "1 s", points: points() }] as const;
  });
  const line = () => ({ driver: "simulated" });
  return { channels: { c0: line(), c1: line() }, devices: Object.fromEntries(devices) };
}

async function configOf(parts: object) {
  const whole = { gateway: { id: "p" }, uplinks: {}, ...parts };
  const { config: loaded } = await loadConfig(whole, { drivers: builtinDrivers, uplinks: {} });
  if (!loaded) throw new Error("it has mistakes");
  return loaded;
}

test("what says the same is the same, up to the point that says something else", async () => {
  const old = await configOf(written());
  const other = written();
  Object.assign(other.devices.d2?.points ?? {}, { p7: { mean: 5 } });
  const next = await configOf(other);
  const kept = await keepAlike(old, next);
  expect(kept).toEqual(next);
  const [one, another] = kept.channels;
  expect(another).toBe(old.channels[1]);
  expect(one).not.toBe(old.channels[0]);
  const isKept = one?.devices.map((device, index) => device === old.channels[0]?.devices[index]);
  expect(isKept?.flatMap((is, index) => (is ? [] : [index]))).toEqual([1]);
  const [points, before] = [one?.devices[1]?.points, old.channels[0]?.devices[1]?.points];
  const changed = points?.flatMap((point, index) => (point === before?.[index] ? [] : [index]));
  expect(changed).toEqual([7]);
});

test.each<[what: string, change: (config: Written) => void]>([
  ["nothing", () => {}],
  [
    "the order of devices",
    (config) => {
      config.devices = Object.fromEntries(Object.entries(config.devices).toReversed());
    },
  ],
  ["a device that is not there any more", (config) => delete config.devices.d3],
  [
    "a device on another channel",
    (config) => Object.assign(config.devices.d4 ?? {}, { channel: "c1" }),
  ],
  ["a device's name", (config) => Object.assign(config.devices.d4 ?? {}, { name: "tank" })],
  ["a line's setting", (config) => Object.assign(config.channels.c1 ?? {}, { periodMs: 5 })],
  [
    "a channel that is new",
    (config) => Object.assign(config.channels, { c2: { driver: "simulated" } }),
  ],
])("it means what was written, whatever changed: %s", async (_what, change) => {
  const [before, after] = [written(), written()];
  change(after);
  const [old, next] = [await configOf(before), await configOf(after)];
  expect(await keepAlike(old, next)).toEqual(next);
});
