import { join } from "node:path";
import { parseArgs } from "node:util";
import { barriersOn, overflowOf, startBrowser } from "../integration/peers/page-browser.ts";
import { savePicture } from "../screens/picture.ts";
import { openCarton } from "./carton.ts";
import { commission, type Lang, type Taken } from "./commission.ts";
import { mendNonsense, undoMend } from "./mend-nonsense.ts";

// From the carton to "data arrives upstream", on a phone and a desktop, in Chinese and English:
// npx -y pnpm@12 commissioning [--pictures docs/screens]

const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1366, height: 768 } };
const LOCALES = { zh: "zh-CN", en: "en-US" } as const;
/** Screens that docs/screens has pictures of. */
const PICTURES = ["find", "found", "uplink", "arrives", "meaning"];
const SETTLE_MS = 500;
const CLICKS_MAX = 15;
const FIELDS_MAX = 6;
const MEND_CLICKS_MAX = 5;

const { values } = parseArgs({ options: { pictures: { type: "string" } } });

interface Run extends Taken {
  readonly mendClickCount: number;
  readonly tookMs: number;
}

const browser = await startBrowser();
let isGood = true;
async function run(size: keyof typeof SIZES, lang: Lang): Promise<Run> {
  const carton = await openCarton();
  const context = await browser.newContext({ viewport: SIZES[size], locale: LOCALES[lang] });
  try {
    const page = await context.newPage();
    const onScreen = async (name: string) => {
      const found = [
        ...(await barriersOn(page)),
        ...((await overflowOf(page)) > 0 ? ["wide"] : []),
      ];
      for (const barrier of found) console.log(`${size} ${lang} ${name}: ${barrier}`);
      if (found.length > 0) isGood = false;
      if (values.pictures === undefined) return;
      if (!PICTURES.includes(name)) return;
      // What is chosen, and what it would do.
      const top = name === "meaning" ? ".found" : "header";
      await page
        .locator(top)
        .first()
        .evaluate((part) => part.scrollIntoView());
      for (const theme of ["dark", "light"] as const) {
        await page.emulateMedia({ colorScheme: theme });
        await page.waitForTimeout(SETTLE_MS);
        await savePicture(page, join(values.pictures, `${name}-${size}-${lang}-${theme}.webp`));
      }
    };
    const startedMs = performance.now();
    const taken = await commission(page, carton, { lang, onScreen });
    const tookMs = performance.now() - startedMs;
    await carton.spoil("eastron-sdm630", "CDAB");
    const point = "eastron-sdm630/voltage-l1";
    const nonsense = { url: carton.gateway.url, point, shown: "230.1", lang, onScreen };
    const mendClickCount = await mendNonsense(page, nonsense);
    await undoMend(page, lang);
    return { ...taken, mendClickCount, tookMs };
  } finally {
    await context.close();
    await carton.end();
  }
}

console.log("size     lang  clicks  fields  devices  points good  seconds  nonsense: clicks");
for (const size of ["phone", "desktop"] as const) {
  for (const lang of ["zh", "en"] as const) {
    const taken = await run(size, lang);
    const { clickCount, fieldCount, deviceCount, goodCount, tookMs, mendClickCount } = taken;
    const seconds = (tookMs / 1000).toFixed(0);
    const row = [clickCount, fieldCount, deviceCount, goodCount, seconds, mendClickCount];
    console.log([size.padEnd(8), lang, ...row].join("     "));
    const isWithin = clickCount <= CLICKS_MAX && fieldCount <= FIELDS_MAX;
    if (!isWithin || mendClickCount > MEND_CLICKS_MAX || deviceCount !== 7) isGood = false;
  }
}
await browser.close();
process.exitCode = isGood ? 0 : 1;
