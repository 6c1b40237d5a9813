import { expect, test } from "vitest";
import { catalogue } from "../catalogue.ts";
import { loadConfig } from "./load.ts";

const CAMERA = {
  gateway: { id: "g" },
  channels: { cam: { driver: "onvif", host: "192.0.2.1" } },
};

async function streamsOf(points: object): Promise<Record<string, string>> {
  const devices = { gate: { channel: "cam", points } };
  const { config, problems } = await loadConfig({ ...CAMERA, devices }, catalogue);
  expect(problems.map(({ code }) => code)).toEqual(["no-uplink"]);
  const found = config?.channels[0]?.devices[0]?.points ?? [];
  return Object.fromEntries(found.map(({ name, stream }) => [name, stream]));
}

test("what a device pushes is an event, all else where that is said", async () => {
  const streams = await streamsOf({
    motion: { address: "event:motion" },
    still: { address: "event:motion", stream: "main" },
    picture: { address: "snapshot:main", onEvent: ["motion"] },
    firmware: { address: "device:firmware", stream: "events" },
  });
  expect(streams).toEqual({
    motion: "events",
    still: "main",
    picture: "main",
    firmware: "events",
  });
});

test("how much and how long the buffer keeps", async () => {
  const buffer = {
    eventsCapacity: "8 MiB",
    keepAcked: "0 B",
    keepUnsent: "30 d",
    keepRaw: "1 h",
  };
  const { config } = await loadConfig({ gateway: { id: "g" }, buffer }, catalogue);
  expect(config?.buffer).toMatchObject({
    eventsCapacityBytesMax: 8 * 2 ** 20,
    keepAckedBytesMax: 0,
    keepUnsentMsMax: 30 * 86_400_000,
    keepRawMs: 3_600_000,
  });
});

test("no unsent data is given up within a day, no raw data thinned within a minute", async () => {
  const buffer = { keepUnsent: "1 h", keepRaw: "1 s" };
  const { problems } = await loadConfig({ gateway: { id: "g" }, buffer }, catalogue);
  expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "out-of-range buffer.keepUnsent",
    "out-of-range buffer.keepRaw",
    "no-uplink ",
  ]);
});
