import type { Browser, CDPSession, Page } from "playwright-core";
import type { Figure } from "./figure.ts";
import { quantile } from "./statistics.ts";

const SLOW_DOWN = 4;
const DESKTOP = { width: 1366, height: 768 };
const SETTLE_MS = 6_000;

/** The list of all points, live, on a browser that is slowed down: how smooth, how busy. */
export async function watchPage(browser: Browser, url: string, seconds: number): Promise<Figure[]> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(`${url}/#/points`);
  await page.locator("[data-index]").first().waitFor({ timeout: 60_000 });
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW_DOWN });
  await session.send("Performance.enable", { timeDomain: "timeTicks" });
  await page.waitForTimeout(SETTLE_MS);
  const changes = await countChanges(page);
  const before = await busySeconds(session);
  const startedMs = performance.now();
  const frames = await framesOf(page, seconds);
  const tookSeconds = (performance.now() - startedMs) / 1000;
  const busy = (await busySeconds(session)) - before;
  const changed = await changes();
  await context.close();
  return [
    { name: "frame, p50", unit: "ms", value: quantile(frames, 0.5) },
    { name: "frame, p95", unit: "ms", value: quantile(frames, 0.95) },
    { name: "frame, p99", unit: "ms", value: quantile(frames, 0.99) },
    { name: "frame, longest", unit: "ms", value: Math.max(...frames) },
    { name: "main thread busy", unit: "% of the time", value: (100 * busy) / tookSeconds },
    { name: "values drawn anew", unit: "1/s", value: changed / tookSeconds },
  ];
}

/** Time from frame to frame. */
function framesOf(page: Page, seconds: number): Promise<number[]> {
  return page.evaluate(`new Promise((resolve) => {
    const frames = [];
    const startedMs = performance.now();
    let lastMs = startedMs;
    const onFrame = (nowMs) => {
      frames.push(nowMs - lastMs);
      lastMs = nowMs;
      if (nowMs - startedMs < ${seconds * 1000}) requestAnimationFrame(onFrame);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(onFrame);
  })`);
}

async function busySeconds(session: CDPSession): Promise<number> {
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN;
}

/** How many texts change in the list: that it is live at all. */
async function countChanges(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(`(() => {
    window.changes = 0;
    const observer = new MutationObserver((records) => (window.changes += records.length));
    const list = document.querySelector("[role=rowgroup]");
    observer.observe(list, { characterData: true, childList: true, subtree: true });
  })()`);
  return () => page.evaluate("window.changes");
}
