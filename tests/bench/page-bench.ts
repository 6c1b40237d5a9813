// Measures the page: 10,000 points live in Chromium, slowed down four times, and what pages cost
// the gateway. usage: page-bench [--seconds 30] [--pages 50]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startBrowser } from "../integration/peers/page-browser.ts";
import type { Figure } from "./figure.ts";
import { watchPage } from "./page-frames.ts";
import { openPages } from "./page-streams.ts";
import { figuresOf } from "./process-figures.ts";
import { machine, table } from "./report.ts";
import { pause, type Rig, startRig, untilFirstData } from "./rig.ts";
import { quantile } from "./statistics.ts";

/** Each listens to so many points: what a tall screen shows. */
const POINTS_SEEN = 40;
const SETTLE_MS = 5_000;

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "30" },
    pages: { type: "string", default: "50" },
  },
});
const seconds = Number(values.seconds);
const pageCount = Number(values.pages);

/** Of a gateway in a while: its processor time as a share of a core. */
async function cpuShare(pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = figuresOf(pid).cpuMs;
  const startedMs = performance.now();
  await work();
  return (figuresOf(pid).cpuMs - before) / (performance.now() - startedMs);
}

/** How late scans begin, by when their answers came: the earliest of each device is on time. */
function latenessOf(timesMs: ReadonlyMap<string, readonly number[]>, scanMs: number): number[] {
  return [...timesMs.values()].flatMap((times) => {
    const phases = times.map((ms) => ms % scanMs);
    // About a whole second, a phase may lie on either side.
    const first = phases[0] ?? 0;
    const near = phases.map((phase) => ((phase - first + 1.5 * scanMs) % scanMs) - scanMs / 2);
    const earliest = Math.min(...near);
    return near.map((phase) => phase - earliest);
  });
}

async function measure({ gateway }: Rig): Promise<Figure[]> {
  const url = `http://127.0.0.1:${gateway.webPort}`;
  const browser = await startBrowser();
  const inBrowser = await watchPage(browser, url, seconds);
  await browser.close();
  const token = readFileSync(join(gateway.folder, "data/web/local-token"), "utf8").trim();
  const scans = async (pages: Awaited<ReturnType<typeof openPages>>) => {
    await pause(SETTLE_MS);
    pages.clear();
    const share = await cpuShare(gateway.pid, () => pause(seconds * 1000));
    return { share, late: latenessOf(pages.timesMs, 1000) };
  };
  const none = await openPages({ url, token, count: 1, pointsSeen: 10 });
  const alone = await scans(none);
  none.close();
  const many = await openPages({ url, token, count: pageCount, pointsSeen: POINTS_SEEN });
  const crowded = await scans(many);
  many.close();
  const perPage = (crowded.share - alone.share) / (pageCount - 1);
  return [
    ...inBrowser,
    { name: "gateway, each page more", unit: "% of a core", value: perPage * 100 },
    { name: "gateway with one page", unit: "% of a core", value: alone.share * 100 },
    { name: `gateway with ${pageCount} pages`, unit: "% of a core", value: crowded.share * 100 },
    { name: "scans late, p99, one page", unit: "ms", value: quantile(alone.late, 0.99) },
    {
      name: `scans late, p99, ${pageCount} pages`,
      unit: "ms",
      value: quantile(crowded.late, 0.99),
    },
    { name: "scans seen", unit: "", value: crowded.late.length },
  ];
}

process.stdout.write(`${JSON.stringify(machine())}\n`);
const rig = await startRig({ scanMs: 1000 });
try {
  await untilFirstData(rig);
  await pause(SETTLE_MS);
  const figures = await measure(rig);
  process.stdout.write(`\n${table([{ scenario: "page", runs: [figures] }])}`);
  process.stdout.write(`load at the end: ${machine().load}\n`);
} finally {
  await rig.stop();
}
