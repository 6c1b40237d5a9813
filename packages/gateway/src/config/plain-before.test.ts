import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { type Log, silentLog } from "@headgate/model";
import { mqttUplink } from "@headgate/sync/uplink";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadConfig } from "./load.ts";
import { keepPlainBefore } from "./plain-before.ts";

const catalogue = { drivers: builtinDrivers, uplinks: { mqtt: async () => mqttUplink } };
let folder = "";
let told: string[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "headgate-plain-"));
  told = [];
});
afterEach(async () => await rm(folder, { recursive: true, force: true }));

const log: Log = {
  ...silentLog,
  warn: (text, details) => void told.push(`${text}: ${Object.values(details ?? {})[0]}`),
};
const load = async (uplinks: Readonly<Record<string, object>>) => {
  const named = Object.entries(uplinks).map(([id, own]) => [
    id,
    { type: "mqtt", root: id, ...own },
  ]);
  const given = {
    ...{ gateway: { id: "g" }, buffer: { path: folder }, channels: { s: { driver: "simulated" } } },
    ...{ devices: { d: { channel: "s", points: { p: {} } } }, uplinks: Object.fromEntries(named) },
  };
  return await loadConfig(given, catalogue, { lang: "en" });
};
const codes = async (uplinks: Readonly<Record<string, object>>) =>
  (await load(uplinks)).problems.map(({ path, severity }) => [path, severity]);
const start = async (uplinks: Readonly<Record<string, object>>) => {
  const { config } = await load(uplinks);
  if (!config) throw new Error("refused");
  await keepPlainBefore(config, log);
};
/** A gateway that ran before an uplink had to say that it may send in clear. */
const older = () => writeFile(join(folder, "buffer.db"), "");

const OLD = { url: "mqtt://u:pw@10.0.0.7:1883" };
const TOLD = "an uplink sends in clear to another machine: cloud";

test("a new gateway has to say it from the beginning", async () => {
  expect(await codes({ cloud: OLD })).toEqual([["uplinks.cloud.url", "error"]]);
  await start({ cloud: { ...OLD, allowPlain: true } });
  await older();
  expect(await codes({ cloud: OLD })).toEqual([["uplinks.cloud.url", "error"]]);
  expect(told).toEqual([]);
});

test("one that is older goes on as it was, and says so at each start", async () => {
  await older();
  expect(await codes({ cloud: OLD })).toEqual([["uplinks.cloud.url", "warning"]]);
  await start({ cloud: OLD });
  await start({ cloud: OLD });
  expect(told).toEqual([TOLD, TOLD]);
  expect(await codes({ cloud: OLD })).toEqual([["uplinks.cloud.url", "warning"]]);
  expect(await codes({ cloud: { url: "mqtt://10.0.0.8:1883" }, other: OLD })).toEqual([
    ["uplinks.cloud.url", "error"],
    ["uplinks.other.url", "error"],
  ]);
});

test("what is kept of it holds no password; damaged, it strands nobody", async () => {
  await older();
  await start({ cloud: OLD });
  const file = join(folder, "config/plain-before.json");
  expect(await readFile(file, "utf8")).toBe('{"cloud":"mqtt://10.0.0.7:1883"}\n');
  await writeFile(file, "{");
  expect(await codes({ cloud: OLD })).toEqual([["uplinks.cloud.url", "warning"]]);
});

test("a folder that cannot be written keeps nobody from starting", async () => {
  await older();
  const { config } = await load({ cloud: OLD });
  if (!config) throw new Error("refused");
  await rm(folder, { recursive: true });
  await writeFile(folder, "a file");
  await keepPlainBefore(config, log);
  expect(told.length).toBe(2);
});
