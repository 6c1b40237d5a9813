import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtinDrivers } from "@headgate/drivers";
import { createGateway } from "@headgate/gateway";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";

const PHONE = { viewport: { width: 390, height: 844 }, locale: "zh-CN", javaScriptEnabled: false };
const WAIT = { timeout: 60_000 };
const MS_MAX = 400_000;
const POINTS_MANY = 10_000;
/** Text of others: shown, never run. */
const FOREIGN_NAME = '<img src=x onerror="document.title=1"> 七号牧场';
const ANNA = { name: "anna", password: "the cows come home at five" };

let directory: string;
let browser: Browser;
let page: Page;
let copy: Page;
let url = "";
let end: () => Promise<void> = async () => {};

const points = Object.fromEntries(
  Array.from({ length: POINTS_MANY }, (_, index) => [`p${index}`, { mean: index, amplitude: 0 }]),
);

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "headgate-basic-"));
  browser = await startBrowser();
  const gateway = await createGateway({
    config: {
      gateway: { id: "pasture-07", name: FOREIGN_NAME, timezone: "Asia/Shanghai" },
      buffer: { path: directory, capacity: "64 MiB" },
      channels: {
        sim: { driver: "simulated" },
        down: { driver: "modbus-tcp", host: "127.0.0.1", port: 1 },
      },
      devices: {
        tank: { channel: "sim", name: "奶罐", scan: "10 s", points },
        pump: {
          channel: "down",
          unitId: 1,
          points: { speed: { address: "holding:0", type: "uint16", unit: "1/min" } },
        },
      },
      web: { host: "127.0.0.1", port: 0, anonymous: "none" },
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
  await vi.waitFor(() => {
    const { webUrl = null, points: counts } = gateway.status() ?? {};
    expect(webUrl).toContain("http://127.0.0.1:");
    expect(counts).toMatchObject({ bad: 1, good: POINTS_MANY });
    url = webUrl ?? "";
  }, WAIT);
  page = await (await browser.newContext(PHONE)).newPage();
  page.setDefaultTimeout(WAIT.timeout);
  copy = await (await browser.newContext({ ...PHONE, javaScriptEnabled: true })).newPage();
}, MS_MAX);

afterAll(async () => {
  await browser?.close();
  await end();
  await rm(directory, { recursive: true, force: true });
});

/** Where scripts are off, those that look for barriers are too: they see the same elsewhere. */
async function lookedAt(): Promise<void> {
  const where = page.url();
  await copy.setContent(await page.content());
  expect([where, await barriersOn(copy)]).toEqual([where, []]);
  expect([where, await overflowOf(page)]).toEqual([where, 0]);
}

/** Presses what leads to another page, and waits until that is whole. */
async function follow(link: Locator): Promise<void> {
  await Promise.all([page.waitForEvent("load"), link.click()]);
}

test(
  "a browser without a script claims, looks at everything, and leaves",
  async () => {
    // Where scripts are off the page leads there.
    await page.goto(url);
    await follow(page.getByRole("link", { name: "简易页面" }));
    const code = await readFile(join(directory, "web/claim-code"), "utf8");
    await page.getByLabel("认领码").fill(code.trim());
    await page.getByLabel("用户名").fill(ANNA.name);
    await page.getByLabel("密码").fill(ANNA.password);
    await lookedAt();
    await follow(page.getByRole("button", { name: "认领本网关" }));

    await page.getByText("需要处理").waitFor();
    expect(await page.locator("main").textContent()).toContain("通道 down 断开");
    expect(await page.locator("main").textContent()).toContain("连接被拒绝");
    expect(await page.locator("img").count()).toBe(0);
    await lookedAt();

    for (const name of ["设备", "上行链路", "报警"]) {
      await follow(page.getByRole("navigation").getByRole("link", { name, exact: true }));
      await lookedAt();
    }
    await follow(page.getByRole("link", { name: "点位", exact: true }));
    const rows = page.locator("tbody tr");
    expect(await rows.count()).toBe(100);
    expect(await rows.first().textContent()).toMatch(/pump\/speed.*坏值/s);
    expect(await page.getByText("第 1 页，共 101 页").count()).toBe(1);
    await lookedAt();
    await follow(page.getByRole("link", { name: "101", exact: true }));
    expect(await rows.count()).toBe(1);
    await page.getByLabel("搜索").fill("tank/p4711");
    await follow(page.getByRole("button", { name: "搜索" }));
    expect(await rows.first().textContent()).toMatch(/tank\/p4711.*4711.*良好/s);

    await follow(page.getByRole("link", { name: "English" }));
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await rows.count()).toBe(1);
    await follow(page.getByRole("button", { name: "Log out anna" }));
    await page.getByLabel("Name").fill(ANNA.name);
    await page.getByLabel("Password").fill("not this one");
    await follow(page.getByRole("button", { name: "Log in" }));
    await page.getByText("Wrong name or password").waitFor();
    await page.getByLabel("Name").fill(ANNA.name);
    await page.getByLabel("Password").fill(ANNA.password);
    await follow(page.getByRole("button", { name: "Log in" }));
    await page.getByText("Needs attention").waitFor();
    await lookedAt();
  },
  MS_MAX,
);
