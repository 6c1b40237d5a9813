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
const MS_MAX = 300_000;
const STOPS_MAX = 60;
/** In three columns more than a window holds: the last ones begin under the bar that adds. */
const FOUND_MANY = 7;

let gateway: RunningGateway;
let meter: VirtualMeter;
let browser: Browser;
let address = "";

const points = Object.fromEntries(
  Array.from({ length: POINTS_MANY }, (_, index) => [`p${index}`, { mean: index, amplitude: 0 }]),
);

beforeAll(async () => {
  const tables = await tablesOfProfile("eastron-sdm120");
  const units = Array.from({ length: FOUND_MANY }, (_, index) => [index + 1, tables] as const);
  meter = createVirtualMeter({ units: Object.fromEntries(units) });
  address = `127.0.0.1:${await meter.listen()}`;
  gateway = await RunningGateway.prepare({
    gateway: { id: "by-keys", timezone: "Europe/Berlin" },
    channels: { sim: { driver: "simulated" } },
    devices: { tank: { channel: "sim", scan: "5 s", points } },
  });
  // No network of this machine is asked.
  gateway.start({ HEADGATE_FIND: "" });
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
  /** What is seen in its middle. */
  readonly over: string;
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
    over: over === null ? "" : over.tagName + "." + over.className,
    row: row?.innerText.replace(/\\s+/g, " ") ?? "",
  };
})()`;
const focused = async (page: Page) => (await page.evaluate(FOCUSED)) as Focused;

/**
 * Behind the last thing of a page comes the browser's own; a dialog that scrolls is a stop of its
 * own; a grid's row is seen once it is scrolled to.
 */
const NEVER_SEEN = /^(BODY|DIALOG|DIV)$/;

/** What has the focus, once it is seen to have it: the page may be about to move. */
function seenFocus(page: Page): Promise<Focused> {
  const look = async () => {
    const now = await focused(page);
    if (!NEVER_SEEN.test(now.element)) expect(now).toEqual({ ...now, isSeen: true });
    return now;
  };
  return vi.waitFor(look, { timeout: WAIT_MS });
}

/** Tab by Tab; each stop must be seen to have the focus. */
async function tabTo(page: Page, name: string | RegExp, key = "Tab"): Promise<Focused> {
  const passed: string[] = [];
  while (passed.length < STOPS_MAX) {
    await page.keyboard.press(key);
    const now = await seenFocus(page);
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
  const wanted = { isSeen: true, row: expect.stringMatching(text === "" ? /./ : text) };
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

/** Another screen has the focus by the time its heading is there. */
async function expectScreen(page: Page, name: string): Promise<void> {
  await page.getByRole("heading", { name, level: 1, exact: true }).waitFor();
  await expectPlace(page);
}

/** Looks for meters, and adds them. */
async function addFound(page: Page): Promise<void> {
  await press(page, "Devices", "Shift+Tab");
  await expectScreen(page, "Devices");
  await press(page, "Find devices");
  await expectScreen(page, "Find devices");
  await page.getByLabel(/^Other addresses/).waitFor();
  await tabTo(page, /^Other addresses/);
  await page.keyboard.type(address);
  await page.keyboard.press("Enter");
  await page.getByText(/^done in /).waitFor();
  await expectPlace(page);
  await press(page, `Add ${FOUND_MANY} devices`);
  await expectScreen(page, "Overview");
  await page.locator(".path .stage").nth(3).waitFor();
  await expectPlace(page);
}

/** A point among many, looked at and left again. */
async function chooseAmongMany(page: Page): Promise<void> {
  await press(page, "Points", "Shift+Tab");
  await expectScreen(page, "Points");
  await page.locator("[data-index]").nth(3).waitFor();
  expect(await tabTo(page, "Points")).toMatchObject({ element: "DIV" });
  await expectRow(page, "");
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
  // All points are asked for again every ten seconds: a new device shows by then.
  await page.locator("[data-index]").getByText("eastron-sdm120/voltage").waitFor();
  await tabTo(page, "Points");
  await page.keyboard.press("Home");
  await expectRow(page, "eastron-sdm120/voltage");
  await page.keyboard.press("Enter");
  await page.locator("dialog").waitFor();
  await press(page, "Raw registers");
  await expectScreen(page, "Inspector");
  await page.getByText("What it may mean").waitFor();
  await expectPlace(page);
  await tabTo(page, /display show/);
  await page.keyboard.type("230.1");
  await page.keyboard.press("Enter");
  // Read anew: what was there before said nothing of the display.
  const best = page.locator("li.best").filter({ hasText: "is what the display shows" });
  await best.filter({ hasText: "230.1" }).waitFor();
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
