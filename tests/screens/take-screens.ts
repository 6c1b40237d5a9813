import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { startBrowser } from "../integration/peers/page-browser.ts";
import { savePicture } from "./picture.ts";

// Pictures of the page for docs/screens, over a running demo:
// node --conditions=headgate-source tests/screens/take-screens.ts --url … --code FILE

type Prepare = (page: Page) => Promise<void>;
type Screen = readonly [hash: string, sign: string, prepare?: Prepare];

const SCREENS: Readonly<Record<string, Screen>> = {
  overview: ["", ".path .stage"],
  devices: ["devices", "a.device"],
  device: ["devices/milk-tank", "ol li, .points a"],
  points: ["points", "[data-index]"],
  point: ["points/milk-tank/temperature", "dialog ol li"],
  write: ["points/milk-tank/target", "dialog #write", (page) => select(page, "6")],
  written: ["points/milk-tank/target", "dialog #write", write],
  trends: ["trends/milk-tank/temperature,main-meter/voltage-l1", ".u-over"],
  uplinks: ["uplinks", "meter"],
  inspector: ["inspect/main-meter/voltage-l1", ".found li"],
  profiles: ["profiles", "main ul a"],
  alarms: ["alarms", "#journal"],
  cameras: ["cameras", "main .panel"],
  handover: ["handover", ".points li"],
  config: ["config", "#versions"],
  system: ["system", "#lines"],
};
const SIZES = {
  phone: { width: 390, height: 844 },
  desktop: { width: 1366, height: 768 },
};
const LOCALES = { zh: "zh-CN", en: "en-US" };
const KEY_VALUES = "milk-tank/temperature\nmilk-tank/volume\nmain-meter/voltage-l1";
/** Long enough for rates to be known. */
const SETTLE_MS = 2_500;

const text = { type: "string" } as const;
// `--only write,written`: the others stay as they are.
const { values } = parseArgs({ options: { url: text, code: text, only: text } });
const { url = "http://127.0.0.1:8420", code: codeFile = "", only } = values;
const folder = join(import.meta.dirname, "../../docs/screens");

/** The first half of a write: what it is asked before. */
async function select(page: Page, value: string): Promise<void> {
  const panel = page.locator("dialog section", { has: page.locator("#write") });
  await panel.locator("input").fill(value);
  await panel.locator("button.first").click();
  await panel.locator("dl").waitFor();
  await page.evaluate("document.querySelector('#write').parentElement.scrollIntoView()");
}

/** And what became of it. */
async function write(page: Page): Promise<void> {
  await select(page, "5.5");
  const panel = page.locator("dialog section", { has: page.locator("#write") });
  await panel.locator("button.first").click();
  await panel.locator("li.ok").nth(2).waitFor();
}

/** The first comer claims; who comes later logs in. */
async function comeIn(page: Page): Promise<void> {
  await page.goto(`${url}/#/login`);
  await page.locator("main h1").waitFor();
  await page.waitForTimeout(SETTLE_MS);
  const code = page.locator("input[autocapitalize=characters]");
  if ((await code.count()) > 0) await code.fill((await readFile(codeFile, "utf8")).trim());
  await page.locator("input[autocomplete=username]").fill("anna");
  await page.locator("input[type=password]").fill("the cows come home at five");
  await page.locator("button.first").click();
  await page.locator("form.panel").waitFor({ state: "detached" });
}

/** In both sizes and languages, each with a browser that was never here. */
async function eachNew(take: (page: Page, of: string) => Promise<void>): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const [lang, locale] of Object.entries(LOCALES)) {
      const context = await browser.newContext({ viewport, locale });
      await take(await context.newPage(), `${size}-${lang}`);
      await context.close();
    }
  }
}

async function take(page: Page, names: Readonly<typeof SCREENS>, of: string): Promise<void> {
  for (const theme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: theme });
    for (const [name, [hash, sign, prepare]] of Object.entries(names)) {
      if (only && !only.split(",").includes(name)) continue;
      await page.goto(`${url}/?${theme}#/${hash}`);
      await page.locator(sign).first().waitFor();
      await page.waitForTimeout(SETTLE_MS);
      await prepare?.(page);
      await savePicture(page, join(folder, `${name}-${of}-${theme}.webp`));
    }
  }
}

await mkdir(folder, { recursive: true });
const browser = await startBrowser();
const door = (name: string) => ({ [name]: ["login", "main form"] }) as const;
// A gateway that nobody has claimed yet, or else the pictures of one stay as they are.
if (codeFile !== "" && !only) await eachNew((page, of) => take(page, door("claim"), of));
await eachNew(async (page, of) => {
  await comeIn(page);
  await page.evaluate((ids) => localStorage.setItem("headgate.favourites", ids), KEY_VALUES);
  await take(page, SCREENS, of);
});
if (!only) await eachNew((page, of) => take(page, door("login"), of));
await browser.close();
