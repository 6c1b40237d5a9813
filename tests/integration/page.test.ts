import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { createVirtualMeter, type VirtualMeter } from "@headgate/drivers/testing";
import { createGateway } from "@headgate/gateway";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { barriersOn, openPage, overflowOf, startBrowser } from "./peers/page-browser.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true };
const DESKTOP = { viewport: { width: 1366, height: 768 } };
const WAIT = { timeout: 60_000 };
/** Text of others: shown, never run. */
const FOREIGN_NAME = '<img src=x onerror="document.title=1"> 七号牧场';
const POINTS_MANY = 500;
/** Many screens, each looked at closely, on a machine that may be busy. */
const SCREENS_MS_MAX = 800_000;

let directory: string;
let browser: Browser;
let meter: VirtualMeter;
let url = "";
let end: () => Promise<void> = async () => {};

const points = Object.fromEntries(
  Array.from({ length: POINTS_MANY }, (_, index) => [`p${index}`, { mean: index, amplitude: 0 }]),
);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-page-"));
  // 48.21 sent as CDAB at holding 40.
  const held: Readonly<Record<number, number>> = { 40: 0xd70a, 41: 0x4240, 42: 7 };
  meter = createVirtualMeter({ units: { 7: { holding: (address) => held[address] ?? 0x0101 } } });
  const [port] = await Promise.all([meter.listen(), startBrowser().then((b) => (browser = b))]);
  const gateway = await createGateway({
    config: {
      gateway: { id: "pasture-07", name: FOREIGN_NAME, timezone: "Asia/Shanghai" },
      buffer: { path: directory, capacity: "64 MiB" },
      channels: {
        sim: { driver: "simulated" },
        bus: { driver: "modbus-tcp", host: "127.0.0.1", port },
        down: { driver: "modbus-tcp", host: "127.0.0.1", port: 1 },
      },
      devices: {
        tank: { channel: "sim", name: "奶罐", scan: "1 s", points },
        meter: {
          channel: "bus",
          unitId: 7,
          scan: "200 ms",
          points: {
            power: { address: "holding:40", type: "float32", unit: "kW", name: "功率" },
            count: { address: "holding:42", type: "uint16" },
          },
        },
        pump: {
          channel: "down",
          unitId: 1,
          scan: "200 ms",
          points: { speed: { address: "holding:0", type: "uint16", unit: "1/min" } },
        },
      },
      web: { host: "127.0.0.1", port: 0 },
    },
    drivers: builtinDrivers,
    uplinks: [],
  });
  const stopping = new AbortController();
  const running = gateway.run(stopping.signal);
  end = async () => {
    stopping.abort();
    await running;
  };
  await vi.waitFor(() => expect(gateway.status()?.webUrl).toContain("http://127.0.0.1:"), WAIT);
  url = gateway.status()?.webUrl ?? "";
});

afterAll(async () => {
  await browser?.close();
  await end();
  await meter?.close();
  await rm(directory, { recursive: true, force: true });
});

/** Each screen, and what shows that it has what it is there for. */
const SCREENS: readonly (readonly [hash: string, sign: string])[] = [
  ["#/", ".path .stage >> nth=3"],
  ["#/devices", "a.device >> nth=2"],
  ["#/devices/pump", ".failed"],
  ["#/devices/meter", ".points a >> nth=1"],
  ["#/points", "[role=row] >> nth=5"],
  ["#/points/pump/speed", "dialog .failed"],
  ["#/uplinks", "meter"],
  ["#/uplinks/new", "form fieldset"],
  ["#/inspect/meter/power", ".best, .found li"],
  ["#/trends", "main .panel"],
  ["#/trends/meter/power,tank/p7", ".u-over"],
  ["#/profiles", "main ul a >> nth=20"],
  ["#/profiles/eastron-sdm630", "tbody tr >> nth=20"],
  ["#/alarms", "#journal"],
  ["#/cameras", "main .panel"],
  ["#/handover", ".points li >> nth=5"],
  ["#/config", "main .panel"],
  ["#/system", "#lines"],
  ["#/login", "main h1"],
  ["#/nowhere", "main h1"],
];

const OWNER = { name: "anna", password: "the cows come home at five" };

/** As the first technician does it on a new box, later ones by their name. */
async function comeIn(page: Page): Promise<void> {
  await page.goto(`${url}/#/login`);
  const password = page.locator("input[type=password]");
  await password.waitFor(WAIT);
  const code = page.getByLabel("Claim code");
  if ((await code.count()) > 0) {
    await code.fill((await readFile(join(directory, "web/claim-code"), "utf8")).trim());
  }
  await page.locator("input[autocomplete=username]").fill(OWNER.name);
  await password.fill(OWNER.password);
  await page.locator("button.first").click();
  await expect.poll(() => page.locator("main h1").textContent(), WAIT).toBe(OWNER.name);
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

test.each([
  ["a phone", PHONE],
  ["a desktop", DESKTOP],
])(
  "on %s every screen is whole, for everyone, in both languages and themes",
  async (_, size) => {
    const { page, complaints } = await openPage(browser, url, { ...size, locale: "en-US" });
    await comeIn(page);
    for (const [hash, sign] of SCREENS) {
      await page.goto(`${url}/${hash}`);
      await page.locator(sign).first().waitFor(WAIT);
      for (const [language, theme] of [
        ["中文", "Dark colours"],
        ["English", "浅色"],
      ] as const) {
        expect([hash, theme, await barriersOn(page)]).toEqual([hash, theme, []]);
        expect([hash, theme, await overflowOf(page)]).toEqual([hash, theme, 0]);
        if (hash === "#/points/pump/speed") continue; // The drawer is over the buttons.
        await button(page, theme).click();
        await button(page, language).click();
      }
    }
    expect(await page.locator("img").count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.context().close();
  },
  SCREENS_MS_MAX,
);

test("files of the page are packed and kept for ever, its root is asked for anew", async () => {
  const root = await fetch(url, { headers: { "accept-encoding": "br" } });
  expect(root.headers.get("cache-control")).toBe("no-cache");
  expect(root.headers.get("content-security-policy")).toContain("require-trusted-types-for");
  const [, script = ""] = /src="(\.\/assets\/[\w.-]+\.js)"/.exec(await root.text()) ?? [];
  for (const encoding of ["br", "gzip", "identity"]) {
    const file = await fetch(new URL(script, url), { headers: { "accept-encoding": encoding } });
    const packed = file.headers.get("content-encoding") ?? "identity";
    expect([file.status, packed]).toEqual([200, encoding]);
    expect(file.headers.get("cache-control")).toContain("immutable");
    expect(await file.text()).toContain("import");
  }
  expect((await fetch(new URL("assets/..%2findex.html", url))).status).toBe(404);
});

test("many points: only those that are seen are drawn, the abnormal come first", async () => {
  const { page } = await openPage(browser, `${url}/#/points`, { ...DESKTOP, locale: "en-US" });
  const rows = page.locator("[role=row][data-index]");
  await expect.poll(() => rows.first().textContent(), WAIT).toContain("pump/speed");
  expect(await rows.count()).toBeLessThan(40);
  const grid = page.getByRole("grid");
  expect(await grid.getAttribute("aria-rowcount")).toBe(String(POINTS_MANY + 4));

  await page.mouse.wheel(0, 1_000_000);
  await expect.poll(() => rows.last().textContent(), WAIT).toContain("meter/count");
  // By keys alone: to the first row, and open it.
  await grid.focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await expect.poll(() => page.locator("dialog h2").textContent(), WAIT).toBe("speed");
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("dialog").count(), WAIT).toBe(0);

  await page.getByRole("searchbox").fill("功率");
  await expect.poll(() => rows.count(), WAIT).toBe(1);
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByText("No point matches.").waitFor(WAIT);
  await page.context().close();
});

test("a point says why it is missing, where it broke and what to do", async () => {
  const options = { ...PHONE, locale: "zh-CN" };
  const { page } = await openPage(browser, `${url}/#/points/pump/speed`, options);
  const broken = page.locator("dialog li.failed").first();
  await expect.poll(() => broken.textContent(), WAIT).toContain("线路连通");
  expect(await broken.textContent()).toContain("连接被拒绝");
  expect(await broken.textContent()).toContain("请检查电源、接线、地址和端口");
  // Nothing is known of what lies behind, and there is no way upstream either.
  await expect.poll(() => page.locator("dialog li.later").count(), WAIT).toBe(5);
  expect(await page.locator("dialog li.failed").last().textContent()).toContain("已发往上游");
  await page.context().close();
});

test("the meter reads nonsense: the display's digits find the word order", async () => {
  const { page } = await openPage(browser, url, { ...PHONE, locale: "en-US" });
  await comeIn(page);
  await page.goto(`${url}/#/points`);
  await page.getByRole("searchbox").fill("power");
  await page.getByText("meter/power").first().click(WAIT);
  await page.getByRole("link", { name: "Raw registers" }).click(WAIT);
  await page.getByLabel("What does the device's display show?").fill("48.21");
  await button(page, "Read now").click();
  const best = page.locator("li.best");
  await expect.poll(() => best.textContent(), WAIT).toContain("float32 CDAB");
  expect(await best.textContent()).toContain("is what the display shows");
  await page.context().close();
});

test("a trend shows what a point did, in a table and in a file too", async () => {
  const options = { ...PHONE, locale: "en-US" };
  const { page, complaints } = await openPage(browser, `${url}/#/points/tank/p7`, options);
  await page.getByRole("link", { name: "Trend" }).click(WAIT);
  await page.getByRole("img", { name: /^Chart of p7, / }).waitFor(WAIT);
  await page.getByText("As a table").click();
  const cells = page.locator("tbody td");
  await expect.poll(() => cells.nth(1).textContent(), WAIT).toBe("7");
  await button(page, "30 d").click();
  await button(page, "Nearer").click();
  await expect.poll(() => button(page, "30 d").getAttribute("aria-pressed"), WAIT).toBe("false");
  await button(page, "Add a point").click();
  await page.getByRole("searchbox").fill("tank/p8");
  await page.getByRole("button", { name: "p8 tank/p8", exact: true }).click();
  await page.getByRole("img", { name: /^Chart of p7 · tank, p8 · tank, / }).waitFor(WAIT);
  const [file] = await Promise.all([
    page.waitForEvent("download", WAIT),
    page.getByRole("link", { name: "p8 · tank as CSV" }).click(),
  ]);
  expect(file.suggestedFilename()).toBe("tank-p8.csv");
  expect(complaints).toEqual([]);
  await page.context().close();
});

test("language and colours change without a reload and are remembered", async () => {
  const options = { ...PHONE, locale: "zh-CN", colorScheme: "dark" as const };
  const { page } = await openPage(browser, url, options);
  const heading = page.locator(".stage .name").first();
  await expect.poll(() => heading.textContent(), WAIT).toBe("现场");
  const themeOf = () => page.locator("html").getAttribute("data-theme");
  expect([await themeOf(), await page.locator("html").getAttribute("lang")]).toEqual([
    "dark",
    "zh-CN",
  ]);
  await page.evaluate("window.isSamePage = true");
  await button(page, "English").click();
  await button(page, "Light colours").click();
  expect([await heading.textContent(), await themeOf()]).toEqual(["Field", "light"]);
  expect(await page.evaluate("window.isSamePage")).toBe(true);
  await page.reload();
  await expect.poll(() => heading.textContent(), WAIT).toBe("Field");
  expect(await themeOf()).toBe("light");
  await page.context().close();
});

test("values come by one stream; where that is cut the page asks, until it is back", async () => {
  const context = await browser.newContext({ ...DESKTOP, locale: "en-US" });
  const page = await context.newPage();
  const isAsking = () =>
    page.waitForRequest((request) => request.url().endsWith("/api/status"), WAIT);
  await page.route("**/api/stream", (route) => route.abort());
  await page.goto(`${url}/#/points`);
  for (let times = 0; times < 3; times++) await isAsking();
  expect(await page.getByRole("alert").count()).toBe(0);
  const isWanted = page.waitForResponse((answer) => answer.url().includes("/api/streams/"), WAIT);
  await page.unroute("**/api/stream");
  const wanted = await isWanted;
  expect(wanted.status()).toBe(200);
  expect(wanted.request().postDataJSON().points).toContain("pump/speed");
  await context.close();
});

test("a gateway that is gone is said to be gone, and its last figures stay", async () => {
  const { page } = await openPage(browser, url, { ...PHONE, locale: "en-US" });
  await expect.poll(() => page.locator(".figure").first().textContent(), WAIT).toContain("2 / 3");
  await page.context().setOffline(true);
  const bar = page.getByRole("alert");
  await expect.poll(() => bar.textContent(), WAIT).toMatch(/^No contact .* since \d\d:\d\d:\d\d/);
  expect(await page.locator(".figure").first().textContent()).toContain("2 / 3");
  await page.context().setOffline(false);
  await expect.poll(() => bar.count(), WAIT).toBe(0);
  await page.context().close();
});
