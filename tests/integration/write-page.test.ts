import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createVirtualMeter, type VirtualMeter } from "@headgate/drivers/testing";
import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";
import { RunningGateway } from "./peers/running-gateway.ts";
import { type SingleClient, startSingleClient } from "./peers/single-client.ts";

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, locale: "zh-CN" };
const OWNER = { name: "老王", password: "草原上的奶牛五点回家啦" };
/** On a machine with other work. */
const WAIT_MS = 60_000;
const MS_MAX = 240_000;
/** What the second device cannot go beyond, whatever it is told. */
const OWN_MAX = 50;

let plc: SingleClient;
let meter: VirtualMeter;
let gateway: RunningGateway;
let browser: Browser;
let page: Page;

/** Every write that reached the second device. */
const writes: string[] = [];
function table(name: string, values: number[], max = Number.POSITIVE_INFINITY) {
  return {
    read: (from: number, count: number) => values.slice(from, from + count),
    write(from: number, written: readonly number[]) {
      writes.push(`${name}:${from} ${written}`);
      values.splice(from, written.length, ...written.map((value) => Math.min(value, max)));
      return true;
    },
  };
}

beforeAll(async () => {
  plc = await startSingleClient(60_000);
  const units = { 1: { coil: table("coil", [0]), holding: table("holding", [7, 8], OWN_MAX) } };
  meter = createVirtualMeter({ units });
  const port = await meter.listen();
  const rw = { access: "readWrite" };
  gateway = await RunningGateway.prepare({
    channels: {
      plc: { driver: "modbus-tcp", host: "127.0.0.1", port: plc.port },
      pumps: { driver: "modbus-tcp", host: "127.0.0.1", port, timeout: "30 s" },
    },
    devices: {
      cooler: {
        ...{ channel: "plc", name: "制冷机", unitId: 1, scan: "500 ms" },
        points: {
          setpoint: {
            ...{ address: "holding:100", type: "int16", scale: 0.1, unit: "°C", name: "设定温度" },
            ...{ ...rw, write: { min: 0, max: 8, step: 0.5 } },
          },
        },
      },
      pump: {
        ...{ channel: "pumps", unitId: 1, scan: "500 ms" },
        points: {
          run: { address: "coil:0", ...rw, write: { select: "5 min" } },
          speed: { address: "holding:0", type: "uint16", ...rw, write: { verify: "300 ms" } },
          limit: { address: "holding:1", type: "uint16", ...rw },
        },
      },
    },
  });
  gateway.start();
  browser = await startBrowser();
  page = await browser.newPage(PHONE);
  page.setDefaultTimeout(WAIT_MS);
  await vi.waitFor(async () => expect((await gateway.status()).points.good).toBe(4), {
    timeout: WAIT_MS,
    interval: 100,
  });
}, MS_MAX);
afterAll(async () => {
  await browser?.close();
  await gateway?.end();
  await plc?.stop();
  await meter?.close();
});

const panel = () => page.locator("dialog section", { has: page.locator("#write") });
const button = (name: string) => panel().getByRole("button", { name, exact: true });
const stands = () => panel().getByRole("status");

async function open(point: string): Promise<void> {
  await page.goto(`${gateway.url}/#/points/${point}`);
  await panel().waitFor();
}

/** In both themes: for whoever sees badly, or hears the page. */
async function lookedAt(what: string): Promise<void> {
  for (const colorScheme of ["dark", "light"] as const) {
    await page.emulateMedia({ colorScheme });
    expect([what, colorScheme, await barriersOn(page)]).toEqual([what, colorScheme, []]);
  }
  expect([what, await overflowOf(page)]).toEqual([what, 0]);
}

async function comeIn(): Promise<void> {
  const code = await readFile(join(gateway.folder, "data/web/claim-code"), "utf8");
  await page.goto(`${gateway.url}/#/login/${code.trim()}`);
  await page.locator("input[autocomplete=username]").fill(OWNER.name);
  await page.locator("input[type=password]").fill(OWNER.password);
  await page.locator("button.first").click();
  await expect.poll(() => page.locator("main h1").textContent()).toBe(OWNER.name);
}

const lastWrites = async () => (await gateway.ask("GET", "/api/writes")).body;

test(
  "a setpoint: limits before, a second look, written once, read back, and in the journal",
  async () => {
    await open("cooler/setpoint");
    await panel().getByText("技术员可以写入此点位。").waitFor();
    expect(await panel().locator("input").count()).toBe(0);
    await comeIn();
    await open("cooler/setpoint");

    await panel().getByText("0 °C 至 8 °C · 步长 0.5").waitFor();
    await panel().getByText("还没有人写入过。").waitFor();
    const value = panel().getByLabel("新值");
    expect(await button("下一步").isDisabled()).toBe(true);
    await panel().getByText("请先填写数值。").waitFor();
    await lookedAt("nothing typed");
    for (const [typed, todo] of [
      ["9", "过大：不得大于 8。"],
      ["4.7", "不是步长的整数倍：可填 4.5 或 5。"],
      ["4,5", "请填写数字，用小数点：40.5"],
    ] as const) {
      await value.fill(typed);
      await panel().getByText(todo).waitFor();
      expect(await button("下一步").isDisabled()).toBe(true);
    }
    await value.fill("４。５");
    await button("下一步").click();
    expect(await stands().textContent()).toBe("请核对。尚未发送任何内容。");
    const rows = await panel().locator("dl > div").allTextContents();
    expect(rows).toEqual(["设备制冷机", "点位设定温度", "现值0 °C", "新值4.5 °C"]);
    await lookedAt("second look");
    await button("取消").click();
    await button("下一步").click();
    expect(plc.writes).toEqual([]);

    await button("写入 4.5 °C").click();
    await expect.poll(() => stands().textContent()).toBe("已写入：设备显示 4.5 °C。");
    await lookedAt("written");
    expect(plc.writes).toEqual([{ code: 6, from: 100, values: [45] }]);
    await expect.poll(() => panel().locator("ol").last().textContent()).toContain(OWNER.name);
    await expect.poll(() => page.locator("dialog .now").textContent()).toContain("4.5");
    await button("写入其他数值").click();
    expect(await panel().getByLabel("新值").inputValue()).toBe("");
    expect(await lastWrites()).toMatchObject([{ state: "verified", value: 4.5, by: OWNER.name }]);
  },
  MS_MAX,
);

test(
  "a switch is selected, then written within its time; a double tap confirms nothing",
  async () => {
    await open("pump/run");
    await panel().getByText("请先选择。").waitFor();
    await panel().getByLabel("开").check();
    await button("选定").dblclick();
    await panel()
      .getByText(/^已选定。请在 \d+ 秒内写入。$/)
      .waitFor();
    expect(writes).toEqual([]);
    await lookedAt("selected");
    await button("写入 开").click();
    await expect.poll(() => stands().textContent()).toBe("已写入：设备显示 开。");
    expect(writes.splice(0)).toEqual(["coil:0 1"]);
  },
  MS_MAX,
);

test(
  "a device that takes another value is a mismatch, with what to do",
  async () => {
    await open("pump/speed");
    await panel().getByLabel("新值").fill("60");
    await button("下一步").click();
    await button("写入 60").click();
    await expect.poll(() => stands().textContent()).toBe("设备显示 50，而不是 60。");
    await panel().getByText("请查看设备：设备自身可能有限值").waitFor();
    await lookedAt("mismatch");
    expect(writes.splice(0)).toEqual(["holding:0 60"]);
  },
  MS_MAX,
);

const isWrite = (url: URL) => url.pathname === "/api/writes";

/** What is written from now on is sent, and nobody hears an answer: the browser is cut off. */
async function holdAnswers(): Promise<() => Promise<void>> {
  let [cut, isOver] = [() => {}, false];
  const isOff = new Promise<void>((resolve) => {
    cut = resolve;
  });
  const held: Promise<void>[] = [];
  const hold = async (route: Route) => {
    const answer = route.fetch({ timeout: WAIT_MS });
    // It may come or not: that the write arrives is seen at the device.
    answer.catch(() => undefined);
    await isOff;
    await route.abort();
  };
  // It stays: where a way is taken back, the browser goes on with what was held on it.
  await page.route(isWrite, (route) => {
    if (isOver) return route.fallback();
    const holding = hold(route);
    held.push(holding);
    return holding;
  });
  return async () => {
    await page.context().setOffline(true);
    isOver = true;
    cut();
    await Promise.all(held);
  };
}

test(
  "a browser that is cut off in the middle finds its write again, and sends nothing twice",
  async () => {
    await open("pump/limit");
    await panel().getByLabel("新值").fill("9");
    await button("下一步").click();
    meter.unit(1).faults.delayMs = 4_000;
    const cutOff = await holdAnswers();
    await button("写入 9").click();
    await expect.poll(() => writes, { timeout: WAIT_MS }).toEqual(["holding:1 9"]);
    await cutOff();
    await expect.poll(() => stands().textContent()).toContain("没有收到应答");
    meter.unit(1).faults.delayMs = 0;
    await page.context().setOffline(false);
    // A page that is loaded anew knows of it, too.
    await page.reload();
    await expect.poll(() => stands().textContent(), { timeout: WAIT_MS }).toContain("已写入");
    expect(writes.splice(0)).toEqual(["holding:1 9"]);

    // One that never arrived is known to be none; sent again it is the same write.
    await button("写入其他数值").click();
    await panel().getByLabel("新值").fill("11");
    await button("下一步").click();
    const ids: string[] = [];
    await page.route(isWrite, (route) => {
      ids.push((route.request().postDataJSON() as { id: string }).id);
      return ids.length === 1 ? route.abort() : route.continue();
    });
    await button("写入 11").click();
    await expect.poll(() => stands().textContent()).toContain("网关没有收到这次写入");
    await lookedAt("not arrived");
    expect(writes).toEqual([]);
    await button("再次发送").click();
    await expect.poll(() => stands().textContent(), { timeout: WAIT_MS }).toContain("已写入");
    expect(writes).toEqual(["holding:1 11"]);
    expect(new Set(ids).size).toBe(1);
    expect(ids).toHaveLength(2);
  },
  MS_MAX,
);
