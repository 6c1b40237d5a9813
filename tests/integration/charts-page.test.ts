import type { PointHistoryView, PointView } from "@headgate/gateway/api-types";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openPage, startBrowser } from "./peers/page-browser.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const DESKTOP = { viewport: { width: 1366, height: 768 }, locale: "en-US" };
const PHONE = { viewport: { width: 390, height: 844 }, locale: "en-US", hasTouch: true };
/** On a machine with other work. */
const WAIT_MS = 60_000;
const MS_MAX = 240_000;
const MINUTE_MS = 60_000;

let gateway: RunningGateway;
let browser: Browser;

beforeAll(async () => {
  gateway = await RunningGateway.prepare({
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "1 s", points: { a: {}, b: {}, c: {}, d: {} } } },
  });
  gateway.start();
  browser = await startBrowser();
  await vi.waitFor(() => gateway.status(), { timeout: WAIT_MS, interval: 100 });
}, MS_MAX);
afterAll(async () => {
  await browser?.close();
  await gateway?.end();
});

interface Asked {
  fromMs: number;
  toMs: number;
}

/** A site elsewhere, at another time, with a sample each half hour and an hour without any. */
async function visit(page: Page, site: { at: string; timezone: string; gapAt: string }) {
  const aheadMs = Date.parse(site.at) - Date.now();
  const gapMs = Date.parse(site.gapAt);
  const asked: Asked = { fromMs: 0, toMs: 0 };
  await page.route("**/api/stream", (route) => route.abort());
  await page.route("**/api/status", async (route) => {
    const response = await route.fetch();
    const status = (await response.json()) as { gateway: object };
    const there = { ...status.gateway, timezone: site.timezone };
    const json = { ...status, atMs: Date.now() + aheadMs, gateway: there };
    await route.fulfill({ response, json });
  });
  await page.route("**/history?*", async (route) => {
    const query = new URL(route.request().url()).searchParams;
    [asked.fromMs, asked.toMs] = [Number(query.get("from")), Number(query.get("to"))];
    await route.fulfill({ json: historyOf(asked, gapMs) });
  });
  return asked;
}

function historyOf({ fromMs, toMs }: Asked, gapMs: number): PointHistoryView {
  const samples: PointHistoryView["samples"] = [];
  const step = 30 * MINUTE_MS;
  for (let ms = Math.ceil(fromMs / step) * step; ms < toMs; ms += step) {
    if (Math.abs(ms - gapMs) >= step) samples.push([ms, 20 + samples.length, "good"]);
  }
  const gap = { fromMs: gapMs - step, toMs: gapMs + step, why: "silent" as const };
  return {
    ...{ point: "tank/a", unit: "°C", fromMs, toMs, kind: "raw", widthMs: null, sinceMs: 0 },
    ...{ increase: 0, isCut: false, gaps: [gap], samples, stretches: [] },
  };
}

/** What is written into a chart, which is a picture: since it was drawn last. */
const LISTEN = `
  window.written = [];
  const write = CanvasRenderingContext2D.prototype.fillText;
  const { clearRect } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.clearRect = function (...all) {
    window.written = [];
    return clearRect.apply(this, all);
  };
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.written.push(text);
    return write.call(this, text, ...rest);
  };`;

test.each([
  [
    "Europe/Berlin",
    "2026-10-25T12:00Z",
    "2026-10-25T00:30Z",
    {
      ticks: ["00:00", "10-25", "+01"],
      rows: ["2026-10-25 03:00:00", "2026-10-25 02:00:00 +02", "2026-10-25 01:30:00"],
      gap: "10-25 02:00:00 +02 to 10-25 02:00:00 +01",
    },
  ],
  [
    "America/St_Johns",
    "2026-11-01T12:30Z",
    "2026-11-01T06:30Z",
    {
      ticks: ["00:00", "11-01", "−03:30"],
      rows: ["2026-11-01 01:30:00 −03:30", "2026-11-01 01:30:00 −02:30", "2026-11-01 00:30:00"],
      gap: "11-01 02:30:00 to 11-01 03:30:00",
    },
  ],
  [
    "Asia/Shanghai",
    "2026-10-25T12:00Z",
    "2026-10-25T00:30Z",
    {
      ticks: ["00:00", "10-25"],
      rows: ["2026-10-25 07:30:00", "2026-10-25 00:00:00", "2026-10-24 23:30:00"],
      gap: "10-25 08:00:00 to 10-25 09:00:00",
    },
  ],
])(
  "charts of a site in %s through the night of %s",
  async (timezone, at, gapAt, told) => {
    // Who looks may be anywhere.
    const options = { ...DESKTOP, timezoneId: "America/New_York" };
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.addInitScript(LISTEN);
    await visit(page, { at, timezone, gapAt });
    await page.goto(`${gateway.url}/#/trends/tank/a`);
    await page.getByRole("button", { name: "24 h" }).click();
    const written = () => page.evaluate("written");
    await expect.poll(written, { timeout: WAIT_MS }).toEqual(expect.arrayContaining(told.ticks));
    const clocks = ((await written()) as string[]).filter((text) => /^\d\d:\d\d$/.test(text));
    expect(
      clocks.filter((text) => Number(text.slice(0, 2)) % 2 > 0 || !text.endsWith(":00")),
    ).toEqual([]);

    await page.getByText("As a table").click();
    const times = () => page.locator("tbody td:first-child").allTextContents();
    await expect.poll(times, { timeout: WAIT_MS }).toEqual(expect.arrayContaining(told.rows));
    expect(new Set(await times()).size).toBe((await times()).length);
    await page.getByText(/^Gaps/).click();
    await page.getByText(told.gap).waitFor();
    await page.context().close();
  },
  MS_MAX,
);

type Finger = readonly [x: number, y: number];

/** Fingers that go from there to there; a browser's own events come of it. */
async function slide(page: Page, from: readonly Finger[], to: readonly Finger[]): Promise<void> {
  const steps = 10;
  const debug = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", share: number) => {
    const touchPoints = from.map(([x, y], id) => {
      const [endX, endY] = to[id] ?? [x, y];
      return { id, x: x + (endX - x) * share, y: y + (endY - y) * share };
    });
    const sent = type === "touchEnd" ? [] : touchPoints;
    return debug.send("Input.dispatchTouchEvent", { type, touchPoints: sent });
  };
  await touch("touchStart", 0);
  for (let step = 1; step <= steps; step++) await touch("touchMove", step / steps);
  await touch("touchEnd", 1);
  await debug.detach();
}

test(
  "a finger pans a trend, two zoom it, and the page still scrolls",
  async () => {
    const { page, complaints } = await openPage(browser, "about:blank", PHONE);
    page.setDefaultTimeout(WAIT_MS);
    const night = { at: "2026-10-25T12:00Z", timezone: "UTC", gapAt: "2026-10-25T00:30Z" };
    const asked = await visit(page, night);
    await page.goto(`${gateway.url}/#/trends/tank/a`);
    const over = page.locator(".u-over");
    await page.getByText("each sample").waitFor();
    const { x, y, width } = (await over.boundingBox()) ?? { x: 0, y: 0, width: 0 };
    const minutes = () => Math.round((asked.toMs - asked.fromMs) / MINUTE_MS);
    const agoMinutes = () => Math.round((Date.parse(night.at) - asked.toMs) / MINUTE_MS);
    const within = (of: () => number, low: number, high: number) =>
      expect.poll(of, { timeout: WAIT_MS }).toSatisfy((value) => value >= low && value <= high);
    await within(minutes, 60, 60);
    const [left, middle, right, height] = [x + 20, x + width / 2, x + width - 20, y + 80];
    await slide(page, [[left, height]], [[left + width / 2, height]]);
    await within(agoMinutes, 25, 35);
    expect(minutes()).toBe(60);
    await slide(
      page,
      [
        [middle - 25, height],
        [middle + 25, height],
      ],
      [
        [left, height],
        [right, height],
      ],
    );
    await within(minutes, 5, 20);
    const before = minutes();
    await slide(page, [[middle, height + 40]], [[middle, height - 60]]);
    await expect.poll(() => page.evaluate("scrollY"), { timeout: WAIT_MS }).toBeGreaterThan(20);
    expect(minutes()).toBe(before);
    expect(complaints.filter((text) => !text.includes("ERR_FAILED"))).toEqual([]);
    await page.context().close();
  },
  MS_MAX,
);

/** Of a browser. */
interface Window {
  getComputedStyle(element: unknown): { readonly backgroundColor: string };
}
const groundOf = (one: Locator) =>
  one.evaluate((element) => {
    return (globalThis as unknown as Window).getComputedStyle(element).backgroundColor;
  });

/** What tells the state of a point apart: the shape, its colour, and the word beside it. */
const STATES = `[...document.querySelectorAll(".quality")].slice(0, 4).map((one) => {
  const mark = one.querySelector(".mark");
  const shape = mark?.querySelector("path").getAttribute("d") ?? "";
  return [one.querySelector(".word").innerText, shape, mark ? getComputedStyle(mark).fill : ""];
})`;

test.each(["dark", "light"] as const)(
  "in high contrast, %s, nothing is told by colour alone",
  async (colorScheme) => {
    const options: BrowserContextOptions = { ...DESKTOP, forcedColors: "active", colorScheme };
    const page = await (await browser.newContext(options)).newPage();
    page.setDefaultTimeout(WAIT_MS);
    await page.route("**/api/stream", (route) => route.abort());
    await page.route("**/api/points", async (route) => {
      const response = await route.fetch();
      const [a, b, c, d] = (await response.json()) as PointView[];
      const changed = [
        { ...a, quality: "bad", value: null },
        { ...b, value: 1e30 },
        { ...c, timestampMs: Date.now() - 3_600_000 },
        d,
      ];
      await route.fulfill({ response, json: changed });
    });
    await page.goto(`${gateway.url}/#/points`);
    await page.getByRole("gridcell", { name: "implausible" }).waitFor();
    const states = (await page.evaluate(STATES)) as string[][];
    expect(states.map(([word]) => word)).toEqual(["bad", "implausible", "old", "good"]);
    expect(new Set(states.map(([, shape]) => shape)).size).toBe(4);
    const text = await page.evaluate("getComputedStyle(document.body).color");
    expect(states.slice(0, 3).map(([, , fill]) => fill)).toEqual([text, text, text]);

    const abnormal = page.getByRole("button", { name: /^Abnormal/ });
    const ground = () => groundOf(abnormal);
    const before = await ground();
    await abnormal.click();
    await expect.poll(ground, { timeout: WAIT_MS }).not.toBe(before);
    const link = (name: string) => page.getByRole("link", { name, exact: true });
    expect(await groundOf(link("Points"))).not.toBe(await groundOf(link("Trends")));
    await page.context().close();
  },
  MS_MAX,
);
