import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Carton, openCarton } from "../commissioning/carton.ts";
import { commission } from "../commissioning/commission.ts";
import { mendNonsense, undoMend } from "../commissioning/mend-nonsense.ts";
import { barriersOn, overflowOf, startBrowser } from "./peers/page-browser.ts";

// One of four; all of them: npx -y pnpm@12 commissioning.

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, locale: "zh-CN" };
/** A search takes its time, and a machine may have other work. */
const MS_MAX = 600_000;

let carton: Carton;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  [carton, browser] = await Promise.all([openCarton(), startBrowser()]);
  page = await browser.newPage(PHONE);
}, MS_MAX);
afterAll(async () => {
  await browser?.close();
  await carton?.end();
});

const onScreen = async (name: string) => {
  expect([name, await barriersOn(page)]).toEqual([name, []]);
  expect([name, await overflowOf(page)]).toEqual([name, 0]);
};

test(
  "from the carton to data that arrives, in 15 clicks and 6 fields at most",
  async () => {
    const taken = await commission(page, carton, { lang: "zh", onScreen });
    expect(taken.deviceCount).toBe(7);
    expect(taken.clickCount).toBeLessThanOrEqual(15);
    expect(taken.fieldCount).toBeLessThanOrEqual(6);
    expect(taken.goodCount).toBeGreaterThan(100);
  },
  MS_MAX,
);

test(
  "the meter reads nonsense: five clicks to the right word order, a version, undone",
  async () => {
    const point = "eastron-sdm630/voltage-l1";
    const file = () => readFile(join(carton.gateway.folder, "gateway.yaml"), "utf8");
    await carton.spoil("eastron-sdm630", "CDAB");
    const before = await file();
    const url = carton.gateway.url;
    // A slow device: what was read before is on the screen meanwhile.
    await page.route(/api\/inspect\?.*shows=/, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      await route.continue();
    });
    const given = { url, point, shown: "230.1", lang: "zh", onScreen } as const;
    expect(await mendNonsense(page, given)).toBeLessThanOrEqual(5);
    expect(await file()).not.toBe(before);
    await undoMend(page, "zh");
    expect(await file()).toBe(before);
  },
  MS_MAX,
);
