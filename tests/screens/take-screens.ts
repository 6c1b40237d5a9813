import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import { startBrowser } from "../integration/peers/page-browser.ts";
import { savePicture } from "./picture.ts";

// Pictures of the page for docs/screens, over a running demo:
// node --conditions=headgate-source tests/screens/take-screens.ts --url … --code FILE

const SCREENS: Readonly<Record<string, readonly [hash: string, sign: string]>> = {
  overview: ["", ".path .stage"],
  devices: ["devices", "a.device"],
  device: ["devices/milk-tank", "ol li, .points a"],
  points: ["points", "[data-index]"],
  point: ["points/milk-tank/temperature", "dialog ol li"],
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

const { values } = parseArgs({ options: { url: { type: "string" }, code: { type: "string" } } });
const { url = "http://127.0.0.1:8420", code: codeFile = "" } = values;
const folder = join(import.meta.dirname, "../../docs/screens");

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
    for (const [name, [hash, sign]] of Object.entries(names)) {
      await page.goto(`${url}/?${theme}#/${hash}`);
      await page.locator(sign).first().waitFor();
      await page.waitForTimeout(SETTLE_MS);
      await savePicture(page, join(folder, `${name}-${of}-${theme}.webp`));
    }
  }
}

await mkdir(folder, { recursive: true });
const browser = await startBrowser();
const door = (name: string) => ({ [name]: ["login", "main form"] }) as const;
// A gateway that nobody has claimed yet, or else the pictures of one stay as they are.
if (codeFile !== "") await eachNew((page, of) => take(page, door("claim"), of));
await eachNew(async (page, of) => {
  await comeIn(page);
  await page.evaluate((ids) => localStorage.setItem("headgate.favourites", ids), KEY_VALUES);
  await take(page, SCREENS, of);
});
await eachNew((page, of) => take(page, door("login"), of));
await browser.close();
