import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, tableOfFunction } from "@headgate/drivers/testing";
import { Misconfigured, silentLog, systemClock } from "@headgate/model";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestServer } from "../../testing/test-server.ts";
import type { GatewayConfig } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import { findTarget, type InspectReport, inspectTarget } from "./inspect-device.ts";
import { renderInspection } from "./render-inspection.ts";

/** 48.21 sent as CDAB. */
const HELD: Readonly<Record<number, number>> = { 40: 0xd70a, 41: 0x4240 };
const meter = createVirtualMeter({
  units: { 3: { holding: tableOfFunction((at) => HELD[at] ?? 0x8001 + at) } },
});
const signal = new AbortController().signal;
const context = { clock: systemClock, log: silentLog, signal, directory: "" };
const NOTHING = { shows: null, unit: null, min: null, max: null };
let config: GatewayConfig;

beforeAll(async () => {
  const port = await meter.listen();
  const loaded = await loadConfig(
    {
      gateway: { id: "pasture-07" },
      channels: { plc: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "5 s" } },
      devices: {
        tank: {
          channel: "plc",
          unitId: 3,
          points: { level: { address: "holding:40", type: "float32", unit: "Hz", max: 60 } },
        },
      },
    },
    { drivers: builtinDrivers, uplinks: {} },
  );
  if (!loaded.config) throw new Error(JSON.stringify(loaded.problems));
  config = loaded.config;
});
afterAll(() => meter.close());

async function inspect(name: string, address: string | null, hints = {}): Promise<InspectReport> {
  const target = findTarget(config, { name, address, hints: { ...NOTHING, ...hints } });
  const connection = await target.channel.driver.open(target.channel.settings, context);
  try {
    return await inspectTarget(connection, target, signal);
  } finally {
    await connection.close();
  }
}

describe("a float that reads nonsense", () => {
  it("is put right by one question with one answer", async () => {
    const report = await inspect("tank", "holding:40", { shows: "48.21" });
    expect(report.verdict).toBe("certain");
    expect(report.line).toBe('new-point: { address: "holding:40", type: float32, order: CDAB }');
    expect(report.interpretations.map(({ value }) => value)).not.toContain(3.0319116);
  });

  it("of a point is looked at where it lies, with the unit and the limits it has", async () => {
    const report = await inspect("tank/level", null);
    expect(report.hints).toEqual({ shows: null, unit: "Hz", min: null, max: 60 });
    expect(report.verdict).toBe("likely");
    expect(report.line).toBe(
      'level: { address: "holding:40", type: float32, order: CDAB, unit: Hz }',
    );
  });

  it("is told in English and in Chinese", async () => {
    const report = await inspect("tank", "holding:40", { shows: "48.21" });
    const english = renderInspection(report, "en");
    expect(english).toContain("tank (unit 3), holding:40, the display shows 48.21");
    expect(english).toMatch(/> holding:40 {2}D70A {2}11010111 00001010 {2}55050 {3}-10486 {2}\.\./);
    expect(english).toMatch(/>\s+48\.21\s+holding:40\s+float32\s+CDAB\s+42 40 D7 0A\s+1 /);
    expect(english).toContain("The first is certain: it is what the display shows.");
    expect(english).toContain(`devices → tank → points:\n  ${report.line}\n`);
    const chinese = renderInspection(report, "zh");
    expect(chinese).toContain("第一行可以确定：与显示屏一致。");
    expect(chinese).toContain(`请写入 devices → tank → points：\n  ${report.line}\n`);
  });
});

it("a place in the wrong table is told where the device has it", async () => {
  const report = await inspect("tank", "input:40", { shows: "48.21" });
  expect(renderInspection(report, "en")).toContain("refuses input:40 and gives holding:40");
  expect(renderInspection(report, "zh")).toContain("可以读取 holding:40");
  expect(report.line).toBeNull();
});

describe("what is asked wrongly", () => {
  it.each<[string, string | null, RegExp]>([
    ["tanc", "holding:40", /no device "tanc" in the config; did you mean tank\?/],
    ["tank", null, /name an address, such as holding:40, or a point, such as tank\//],
    ["tank/levle", null, /no point "tank\/levle" in the config; did you mean tank\/level\?/],
  ])("%s %s is said with what to do", (name, address, text) => {
    const find = () => findTarget(config, { name, address, hints: NOTHING });
    expect(find).toThrow(Misconfigured);
    expect(find).toThrow(text);
  });

  it("is an answer of the route, with the code that fits", async () => {
    const view = {
      status: () => null,
      points: () => [],
      field: {
        inspect: async () => await inspect("tank", "holding:40", { shows: "48.21" }),
        line: () => {
          throw new Misconfigured("no line is looked at here");
        },
        search: () => {
          throw new Misconfigured("no line is searched here");
        },
      },
    };
    const server = await createTestServer(view);
    const ask = (url: string) => server.get(url, server.local);
    try {
      const good = await ask("/api/inspect?device=tank&address=holding:40&shows=48.21");
      expect(good.json<InspectReport>().interpretations[0]?.value).toBe(48.21);
      const nothing = await ask("/api/inspect");
      expect([nothing.statusCode, nothing.json().detail]).toEqual([
        400,
        expect.stringContaining("?device=…&address=holding:40"),
      ]);
      const wrong = (await ask("/api/inspect?device=tank&min=low")).json();
      expect([wrong.code, wrong.errors[0].path]).toEqual(["bad-request", "query.min"]);
    } finally {
      await server.close();
    }
  });
});
