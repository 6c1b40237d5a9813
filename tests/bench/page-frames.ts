import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import type { Figure } from "./figure.ts";
import { quantile } from "./statistics.ts";

const SLOW_DOWN = 4;
const DESKTOP = { width: 1366, height: 768 };
const SETTLE_MS = 6_000;

/** The list of all points, live: what it takes, and how smooth it is where all takes longer. */
export async function watchPage(browser: Browser, url: string, seconds: number): Promise<Figure[]> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-US" });
  const page = await context.newPage();
  await page.goto(`${url}/#/points`);
  await page.locator("[data-index]").first().waitFor({ timeout: 60_000 });
  await page.waitForTimeout(SETTLE_MS);
  const pids = await renderersOf(browser);
  const changes = await countChanges(page);
  const share = await cpuShareOf(pids, () => page.waitForTimeout(seconds * 1000));
  const changed = await changes();
  const session = await context.newCDPSession(page);
  await session.send("Emulation.setCPUThrottlingRate", { rate: SLOW_DOWN });
  await page.waitForTimeout(SETTLE_MS);
  const frames = await framesOf(page, seconds);
  await context.close();
  return [
    { name: "values drawn anew", unit: "1/s", value: changed / seconds },
    { name: "main thread", unit: "% of a core", value: 100 * share },
    { name: "main thread, slowed down", unit: "% of a core", value: 100 * share * SLOW_DOWN },
    { name: "frame, p50", unit: "ms", value: quantile(frames, 0.5) },
    { name: "frame, p95", unit: "ms", value: quantile(frames, 0.95) },
    { name: "frame, p99", unit: "ms", value: quantile(frames, 0.99) },
    { name: "frame, longest", unit: "ms", value: Math.max(...frames) },
  ];
}

/** Processes that draw pages; there are some in reserve, which do nothing. */
async function renderersOf(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.filter(({ type }) => type === "renderer").map(({ id }) => id);
}

/** Processor time of their main threads: what other programs take meanwhile does not count. */
async function cpuShareOf(pids: readonly number[], work: () => Promise<unknown>): Promise<number> {
  const ranMs = (pid: number) => {
    const [ranNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8").split(" ");
    return Number(ranNs) / 1e6;
  };
  const sumMs = () => pids.reduce((sum, pid) => sum + ranMs(pid), 0);
  const before = sumMs();
  const startedMs = performance.now();
  await work();
  return (sumMs() - before) / (performance.now() - startedMs);
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
