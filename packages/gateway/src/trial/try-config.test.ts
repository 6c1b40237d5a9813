import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, type VirtualMeter } from "@headgate/drivers/testing";
import { Misconfigured, silentLog, systemClock, type Uplink } from "@headgate/model";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compareConfigs } from "../compare-configs.ts";
import { loadConfig } from "../config/load.ts";
import { tryConfig } from "./try-config.ts";

let meter: VirtualMeter;
let port: number;
beforeAll(async () => {
  meter = createVirtualMeter({ units: { 7: { holding: (address) => address } } });
  port = await meter.listen();
});
afterAll(() => meter.close());

/** Takes whatever its `url` says. */
const uplink: Uplink<{ url: string }> = {
  type: "made",
  configSchema: { parse: (input) => input as { url: string } },
  open: () => Promise.reject(new Error("a trial opens no session")),
  async test({ url }) {
    if (url === "wrong") throw new Misconfigured("read ca: not readable; check the path");
    const outcome = url === "nowhere" ? "failed" : "ok";
    return [{ step: "login", outcome, tookMs: 4, detail: "mqtt 5" }];
  },
};
const catalogue = { drivers: builtinDrivers, uplinks: { made: async () => uplink as Uplink } };

async function configOf(parts: object) {
  const whole = { gateway: { id: "p" }, channels: {}, devices: {}, ...parts };
  const { config, problems } = await loadConfig(whole, catalogue);
  if (!config) throw new Error(JSON.stringify(problems));
  return config;
}

async function tried(parts: object) {
  const [old, next] = await Promise.all([configOf({}), configOf(parts)]);
  const { signal } = new AbortController();
  const lent = { clock: systemClock, log: silentLog, signal };
  const trial = { next, change: compareConfigs(old, next), running: [] };
  const items = await tryConfig(trial, lent);
  return items.map(({ kind, id, outcome, evidence }) => {
    return [`${kind} ${id} ${outcome}`, ...evidence.map(({ code }) => code)];
  });
}

const device = (unitId: number) => ({
  ...{ channel: "bus", unitId, scan: "1 s", timeout: "200 ms" },
  points: { p: { address: "holding:7", type: "uint16" } },
});
const line = (at: number) => ({ driver: "modbus-tcp", host: "127.0.0.1", port: at });

test("a new line and its devices are opened and read once, with what was read", async () => {
  const devices = { there: device(7), gone: device(9) };
  expect(await tried({ channels: { bus: line(port) }, devices })).toEqual([
    ["channel bus good", "line-opened"],
    ["device there good", "read", "value"],
    ["device gone bad", "read", "unread"],
  ]);
});

test("a line that cannot be opened says why, and nothing of its devices", async () => {
  const parts = { channels: { bus: line(1) }, devices: { there: device(7) } };
  expect(await tried(parts)).toEqual([["channel bus bad", "failed"]]);
});

test("an uplink is logged in to and has taken a message, or says why not", async () => {
  const made = (url: string) => ({ type: "made", url });
  const uplinks = { a: made("x"), b: made("nowhere"), c: made("wrong") };
  expect(await tried({ uplinks })).toEqual([
    ["uplink a good", "step"],
    ["uplink b bad", "step"],
    ["uplink c bad", "failed"],
  ]);
});
