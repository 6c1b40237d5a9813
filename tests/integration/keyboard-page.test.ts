import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createVirtualMeter, type VirtualMeter } from "@headgate/drivers/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { tablesOfProfile } from "../commissioning/profile-meter.ts";
import { openPage, startBrowser } from "./peers/page-browser.ts";
import { RunningGateway } from "./peers/running-gateway.ts";

const DESKTOP = { viewport: { width: 1366, height: 768 }, locale: "en-US" };
const POINTS_MANY = 300;
/** On a machine with other work. */
const WAIT_MS = 60_000;
const MS_MAX = 240_000;
const STOPS_MAX = 60;

let gateway: RunningGateway;
let meter: VirtualMeter;
let browser: Browser;
let address = "";

const points = Object.fromEntries(
  Array.from({ length: POINTS_MANY }, (_, index) => [`p${index}`, { mean: index, amplitude: 0 }]),
);

beforeAll(async () => {
  meter = createVirtualMeter({ units: { 1: await tablesOfProfile("eastron-sdm120") } });
  address = `127.0.0.1:${await meter.listen()}`;
  gateway = await RunningGateway.prepare({
    gateway: { id: "by-keys", timezone: "Europe/Berlin" },
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "5 s", points } },
  });
  gateway.start();
  browser = await startBrowser();
  await vi.waitFor(() => gateway.status(), { timeout: WAIT_MS, interval: 100 });
}, MS_MAX);
afterAll(async () => {
  await browser?.close();
  await gateway?.end();
  await meter?.close();
});

/** What has the focus, as one who sees the page would tell it. */
interface Focused {
  readonly element: string;
  readonly name: string;
  /** Whether it is seen that it has the focus, and nothing lies over it. */
  readonly isSeen: boolean;
  /** The chosen row of a grid. */
  readonly row: string;
}

const FOCUSED = `(() => {
  const one = document.activeElement;
  const row = document.getElementById(one.getAttribute("aria-activedescendant") ?? "");
  const shown = row ?? one;
  const { left, top, width, height } = shown.getBoundingClientRect();
  const over = document.elementFromPoint(left + Math.min(width, innerWidth) / 2, top + height / 2);
  const isFree = shown.contains(over) || (over !== null && over.contains(shown));
  const { outlineStyle, outlineWidth } = getComputedStyle(shown);
  const text = one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText ?? one.innerText;
  return {
    element: one.tagName,
    name: text.trim().split("\\n")[0],
    isSeen: isFree && outlineStyle !== "none" && parseFloat(outlineWidth) >= 3,
    row: row?.innerText.replace(/\\s+/g, " ") ?? "",
  };
})()`;
const focused = async (page: Page) => (await page.evaluate(FOCUSED)) as Focused;

/** Tab by Tab; each stop must be seen to have the focus. */
async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<Focused> {
  const passed: string[] = [];
  while (passed.length < STOPS_MAX) {
    await page.keyboard.press(key);
    const now = await focused(page);
    // Behind the last thing of a page comes the browser's own.
    if (now.element === "BODY") continue;
    // A dialog that scrolls is a stop of its own; a grid's row is seen once it is scrolled to.
    if (!/^(DIALOG|DIV)$/.test(now.element)) expect(now).toMatchObject({ isSeen: true });
    if (typeof name === "string" ? now.name === name : name.test(now.name)) return now;
    passed.push(`${now.element} ${now.name}`);
  }
  throw new Error(`no way by Tab to ${name}: ${passed.join(", ")}`);
}

/** The browser has forgotten where the keyboard was. */
async function expectPlace(page: Page): Promise<void> {
  const elementOf = async () => (await focused(page)).element;
  await expect.poll(elementOf, { timeout: WAIT_MS }).not.toBe("BODY");
}

/** The row that has the keys is seen to have them. */
async function expectRow(page: Page, text: string): Promise<void> {
  const row = () => focused(page);
  const wanted = { isSeen: true, row: expect.stringContaining(text) };
  await expect.poll(row, { timeout: WAIT_MS }).toMatchObject(wanted);
}

async function comeIn(page: Page): Promise<void> {
  const file = await readFile(join(gateway.folder, "data/web/claim-code"), "utf8");
  await page.goto(`${gateway.url}/#/login/${file.trim()}`);
  await page.getByLabel("Password").waitFor();
  await tabTo(page, "Name");
  await page.keyboard.type("anna");
  await tabTo(page, "Password");
  await page.keyboard.type("the cows come home at five");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Log out" }).waitFor();
  await expectPlace(page);
}

async function press(page: Page, name: string | RegExp, key = "Tab"): Promise<void> {
  await tabTo(page, name, key);
  await page.keyboard.press("Enter");
}

/** Looks for a meter, and adds it. */
async function addFound(page: Page): Promise<void> {
  await press(page, "Devices", "Shift+Tab");
  await page.getByRole("heading", { name: "Devices" }).waitFor();
  await press(page, "Find devices");
  await tabTo(page, /^Other addresses/);
  await page.keyboard.type(address);
  await page.keyboard.press("Enter");
  await page.getByText(/^done in /).waitFor();
  await expectPlace(page);
  await press(page, /^Add /);
  await page.locator(".path .stage").nth(3).waitFor();
  await expectPlace(page);
}

/** A point among many, looked at and left again. */
async function chooseAmongMany(page: Page): Promise<void> {
  await press(page, "Points", "Shift+Tab");
  await page.locator("[data-index]").nth(3).waitFor();
  const first = await tabTo(page, "Points");
  expect(first).toMatchObject({ element: "DIV", row: expect.stringMatching(/./) });
  await tabTo(page, "Search name, id or unit", "Shift+Tab");
  await page.keyboard.type("tank/p2");
  await tabTo(page, "Points");
  await page.keyboard.press("End");
  await expectRow(page, "p299 tank/p299");
  // Who is chosen stays so when others go, and comes to be seen.
  await tabTo(page, "Search name, id or unit", "Shift+Tab");
  await page.keyboard.type("9");
  await tabTo(page, "Points");
  await expectRow(page, "p299 tank/p299");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "p299" }).waitFor();
  await tabTo(page, "Trend");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await expectRow(page, "p299 tank/p299");
}

/** What the display shows leads to a meaning, which is applied and taken back. */
async function mendOrder(page: Page): Promise<void> {
  await tabTo(page, "Search name, id or unit", "Shift+Tab");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("sdm120/voltage");
  await tabTo(page, "Points");
  await page.keyboard.press("Home");
  await page.keyboard.press("Enter");
  await page.locator("dialog").waitFor();
  await press(page, "Raw registers");
  await page.getByText("What it may mean").waitFor();
  await expectPlace(page);
  await tabTo(page, /display show/);
  await page.keyboard.type("230.1");
  await page.keyboard.press("Enter");
  await page.locator("li.best").filter({ hasText: "230.1" }).waitFor();
  await press(page, "Apply");
  await page.getByText(/^Saved as version/).waitFor();
  await expectPlace(page);
  await press(page, "Undo");
  await page.getByText("The version before is back.").waitFor();
  await expectPlace(page);
}

test(
  "by keys alone: log in, find, add, choose a point among many, another word order, and back",
  async () => {
    const { page, complaints } = await openPage(browser, "about:blank", DESKTOP);
    page.setDefaultTimeout(WAIT_MS);
    await comeIn(page);

    await addFound(page);
    await chooseAmongMany(page);
    await mendOrder(page);
    expect(complaints).toEqual([]);
    await page.context().close();
  },
  MS_MAX,
);
