import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { createGateway, type Gateway } from "@headgate/gateway";
import {
  type Browser,
  type BrowserContextOptions,
  chromium,
  type Locator,
  type Page,
} from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

const CHROMIUM = {
  executablePath: "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};
const PHONE = { viewport: { width: 390, height: 844 }, locale: "en-US" };
const DESKTOP = { viewport: { width: 1366, height: 768 }, locale: "en-US" };
const WAIT = { timeout: 15_000 };
/** Text of others: shown, never run. */
const FOREIGN_NAME = '<img src=x onerror="document.title=1"> 七号牧场';

let directory: string;
let browser: Browser;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-page-"));
  browser = await chromium.launch(CHROMIUM);
});

afterAll(async () => {
  await browser?.close();
  for (const stop of stops) await stop();
  await rm(directory, { recursive: true, force: true });
});

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** A gateway with a tank that answers and a meter that does not. */
async function startGateway(name: string): Promise<{ url: string; stop: () => Promise<void> }> {
  const gateway: Gateway = await createGateway({
    config: {
      gateway: { id: "pasture-07", name: FOREIGN_NAME },
      buffer: { path: join(directory, name), capacity: "64 MiB" },
      channels: {
        sim: { driver: "simulated" },
        "plc-1": { driver: "modbus-tcp", host: "127.0.0.1", port: await closedPort() },
      },
      devices: {
        tank: {
          channel: "sim",
          scan: "100 ms",
          points: { temperature: { mean: 4, amplitude: 0, unit: "°C" } },
        },
        meter: {
          channel: "plc-1",
          unitId: 1,
          scan: "100 ms",
          points: { power: { address: "holding:0", type: "uint16", unit: "kW", name: "功率" } },
        },
      },
      web: { host: "127.0.0.1", port: 0 },
    },
    drivers: builtinDrivers,
    uplinks: [],
  });
  const stopping = new AbortController();
  const running = gateway.run(stopping.signal);
  const stop = async () => {
    stopping.abort();
    await running;
  };
  stops.push(stop);
  await expect.poll(() => gateway.status()?.webUrl, WAIT).toContain("http://127.0.0.1:");
  return { url: gateway.status()?.webUrl ?? "", stop };
}

/** Opens the page and collects what the browser complains about. */
async function openPage(url: string, options: BrowserContextOptions) {
  const page = await browser.newPage(options);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() !== "log") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${url}/basic`);
  return { page, complaints };
}

/** An element's text as it stands at the moment. */
const textOf = (within: Page | Locator, selector: string) => async () =>
  ((await within.locator(selector).first().textContent()) ?? "").replace(/\s+/g, " ").trim();

test.each([
  ["a phone", PHONE],
  ["a desktop", DESKTOP],
])("on %s the page shows values, what is wrong and why", async (name, size) => {
  const { url } = await startGateway(name);
  const { page, complaints } = await openPage(url, size);

  await expect.poll(textOf(page, "#stage-field .figure"), WAIT).toBe("1 / 2");
  await expect.poll(textOf(page, "#stage-points .figure"), WAIT).toBe("1 / 2");
  await expect.poll(textOf(page, "#stage-field .problem"), WAIT).toContain("plc-1: no connection");
  expect(await textOf(page, "#stage-upstream .problem")()).toContain("No uplink yet");

  // The abnormal first, told by shape and word.
  const bad = page.locator("#rows tr").nth(0);
  await expect.poll(textOf(bad, ".point .name"), WAIT).toBe("功率");
  expect(await textOf(bad, ".point .id")()).toBe("meter/power");
  await expect.poll(textOf(bad, ".quality"), WAIT).toBe("bad");
  expect(await bad.locator(".mark").getAttribute("data-kind")).toBe("failure");
  expect(await textOf(bad, ".reason")()).toMatch(/line down: .*127\.0\.0\.1/);
  const good = page.locator("#rows tr").nth(1);
  expect(await textOf(good, ".point")()).toBe("tank/temperature");
  expect(await textOf(good, ".value")()).toBe("4 °C");
  await expect.poll(textOf(good, ".age"), WAIT).toMatch(/^[0-3] s$/);

  // No camera: the buffer is that of samples alone, as large as was configured.
  expect(await textOf(page, "#stage-buffer .label")()).toBe("of 64 MiB used");
  expect(await textOf(page, "#stage-buffer .detail")()).not.toContain("pictures");
  expect(await textOf(page, "#version")()).toMatch(/^Headgate \d+\.\d+\.\d+/);

  expect(await textOf(page, "h1")()).toBe(FOREIGN_NAME);
  expect(await page.locator("img").count()).toBe(0);
  const overflow = "document.documentElement.scrollWidth - innerWidth";
  expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("the language is the browser's, changes without a reload and is remembered", async () => {
  const { url } = await startGateway("language");
  const { page, complaints } = await openPage(url, { ...PHONE, locale: "zh-CN" });
  await expect.poll(textOf(page, "#name-field"), WAIT).toBe("现场");
  await expect.poll(textOf(page, "#stage-field .problem"), WAIT).toContain("plc-1: 未连接");
  expect(await page.locator("html").getAttribute("lang")).toBe("zh-CN");
  const reason = page.locator("#rows .reason").first();
  await expect
    .poll(textOf(reason, "xpath=."), WAIT)
    .toMatch(/^线路中断：.*127\.0\.0\.1.*连接被拒绝$/);
  // As the gateway said it: to search for, and to tell others.
  expect(await reason.getAttribute("title")).toMatch(/^line down: /);

  await page.evaluate("window.isSamePage = true");
  await page.locator("#language").click();
  expect(await textOf(page, "#name-field")()).toBe("Field");
  expect(await textOf(page, "#stage-field .problem")()).toContain("plc-1: no connection");
  expect(await page.evaluate("window.isSamePage")).toBe(true);

  await page.reload();
  expect(await textOf(page, "#name-field")()).toBe("Field");
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("the search narrows the points", async () => {
  const { url } = await startGateway("search");
  const { page } = await openPage(url, DESKTOP);
  await expect.poll(() => page.locator("#rows tr").count(), WAIT).toBe(2);
  await page.locator("#search").fill("TEMP");
  expect(await page.locator("#rows tr").count()).toBe(1);
  expect(await textOf(page, "#rows tr .point")()).toBe("tank/temperature");
  await page.locator("#search").fill("功");
  expect(await textOf(page, "#rows tr .point .id")()).toBe("meter/power");
  await page.locator("#search").fill("nothing like it");
  expect(await textOf(page, "#shown")()).toBe("No point matches the search.");
  await page.context().close();
});

const PICTURE = "gate-cam/snapshot/2026-11-20T12-00-00.000Z.jpg";

test.each([
  ["a phone", PHONE],
  ["a desktop", DESKTOP],
])("on %s long values leave the names their place", async (name, size) => {
  const { url } = await startGateway(`long values on ${name}`);
  const { page, complaints } = await openPage(url, size);
  await page.route("**/api/points", async (route) => {
    const points = await (await route.fetch()).json();
    const snapshot = { id: "gate-cam/snapshot", name: "snapshot", unit: "", value: PICTURE };
    const total = { id: "tank/total", name: "total", unit: "L", value: "18446744073709551615" };
    const added = [
      { ...points[0], ...snapshot },
      { ...points[0], ...total, isInteger64: true },
    ];
    await route.fulfill({ json: [...points, ...added] });
  });
  await page.route("**/api/status", async (route) => {
    const status = await (await route.fetch()).json();
    const media = { usedBytes: 1_300_000, capacityBytesMax: 512 * 1024 ** 2 };
    await route.fulfill({ json: { ...status, buffer: { ...status.buffer, media } } });
  });
  const row = page.locator("#rows tr", { hasText: "gate-cam/snapshot" });
  await expect.poll(() => row.count(), WAIT).toBe(1);
  const heightOf = async (within: Locator, selector: string) =>
    (await within.locator(selector).boundingBox())?.height ?? 0;
  expect(await heightOf(row, ".point .name")).toBeLessThan(30);
  expect(await heightOf(row, ".value")).toBeLessThan(75);
  expect(await row.locator(".value").getAttribute("title")).toBe(PICTURE);

  // More digits than a number holds: none is lost, and they are in groups.
  const total = page.locator("#rows tr", { hasText: "tank/total" });
  expect(await textOf(total, ".value")()).toBe("18,446,744,073,709,551,615 L");
  const detail = textOf(page, "#stage-buffer .detail");
  await expect.poll(detail, WAIT).toContain("pictures: 1.2 MiB of 512 MiB");
  const overflow = "document.documentElement.scrollWidth - innerWidth";
  expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);
  expect(complaints).toEqual([]);
  await page.context().close();
});

const MIB = 1024 ** 2;
const fillOf = (stream: string, usedBytes: number, fates: object) => {
  const none = { ackedBytes: 0, thinnedCount: 0, goneCounts: {} };
  const capacityBytesMax = (stream === "main" ? 16 : 1) * MIB;
  return { stream, usedBytes, capacityBytesMax, ...none, ...fates };
};
const FULL_EVENTS = fillOf("events", 0.995 * MIB, { goneCounts: { capacity: 482_400 } });
const THINNED = fillOf("main", 14.5 * MIB, { thinnedCount: 1_160_000 });

test.each([
  ["a phone", PHONE],
  ["a desktop", DESKTOP],
])(
  "on %s it is told which stream is full, by which key, and what that cost",
  async (name, size) => {
    const { url } = await startGateway(`full stream on ${name}`);
    const { page, complaints } = await openPage(url, size);
    let fills = [FULL_EVENTS, fillOf("main", MIB, {})];
    await page.route("**/api/status", async (route) => {
      const status = await (await route.fetch()).json();
      await route.fulfill({ json: { ...status, buffer: { ...status.buffer, fills } } });
    });
    const stage = page.locator("#stage-buffer");
    await expect.poll(textOf(stage, ".figure"), WAIT).toBe("99.5 %");
    expect(await textOf(stage, ".label")()).toBe("of 1 MiB for events used");
    expect(await textOf(stage, ".detail")()).toContain("events dropped in all: 482,400");
    expect(await textOf(stage, ".what")()).toMatch(/^Full: events \(.* of 1 MiB\)/);
    expect(await textOf(stage, ".todo")()).toContain("raise buffer.eventsCapacity");
    // Its lines have the card's width, not a column beside the label.
    const widthOf = async (part: Locator) => (await part.boundingBox())?.width ?? 0;
    expect(await widthOf(stage.locator(".detail"))).toBeGreaterThan(0.8 * (await widthOf(stage)));
    const overflow = "document.documentElement.scrollWidth - innerWidth";
    expect(await page.evaluate(overflow)).toBeLessThanOrEqual(0);

    await page.locator("#language").click();
    expect(await textOf(stage, ".what")()).toMatch(/^事件已满/);
    expect(await textOf(stage, ".todo")()).toContain("buffer.eventsCapacity");
    await page.locator("#language").click();

    fills = [{ ...FULL_EVENTS, usedBytes: 0 }, THINNED];
    await expect
      .poll(textOf(stage, ".what"), WAIT)
      .toMatch(/^Nearly full: samples.*become minutes/);
    expect(await textOf(stage, ".detail")()).toContain("thinned to minutes in all: 1,160,000");
    // What is over stays to be read, and is no alarm.
    fills = [
      { ...FULL_EVENTS, usedBytes: 0 },
      { ...THINNED, usedBytes: MIB },
    ];
    await expect.poll(() => stage.locator(".problem").isVisible(), WAIT).toBe(false);
    expect(await textOf(stage, ".detail")()).toContain("events dropped in all: 482,400");
    expect(complaints).toEqual([]);
    await page.context().close();
  },
);

test("a receiver that acknowledges nothing is told by name, in both languages", async () => {
  const { url } = await startGateway("silent receiver");
  const { page, complaints } = await openPage(url, PHONE);
  await page.route("**/api/status", async (route) => {
    const status = await (await route.fetch()).json();
    const cloud = {
      id: "cloud",
      type: "mqtt",
      state: { kind: "up", sinceMs: status.atMs - 360_000 },
      backlog: { blocks: 700 },
      drainsInMs: null,
      pace: null,
      silentReceivers: [{ id: "nobody", forMs: 355_000 }],
    };
    await route.fulfill({ json: { ...status, uplinks: [cloud] } });
  });
  const stage = page.locator("#stage-upstream");
  const what = textOf(stage, ".what");
  const expected = 'cloud: connected, but receiver "nobody" has acknowledged nothing for 5 min';
  await expect.poll(what, WAIT).toBe(expected);
  expect(await textOf(stage, ".todo")()).toContain("id, root and shard");
  await page.locator("#language").click();
  expect(await what()).toBe("cloud：已连接，但接收端“nobody”已 5 分钟没有确认任何数据");
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("a gateway that is gone is said to be gone, and its last figures stay", async () => {
  const { url, stop } = await startGateway("gone");
  const { page } = await openPage(url, PHONE);
  await expect.poll(textOf(page, "#stage-field .figure"), WAIT).toBe("1 / 2");
  expect(await page.locator("#contact").isVisible()).toBe(false);
  await stop();
  await expect
    .poll(textOf(page, "#contact"), WAIT)
    .toMatch(/^No contact with the gateway since \d\d:\d\d:\d\d\. Trying again/);
  expect(await textOf(page, "#stage-field .figure")()).toBe("1 / 2");
  expect(await page.locator("body").getAttribute("class")).toBe("old");
  await page.context().close();
});
