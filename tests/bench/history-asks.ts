import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Figure } from "./figure.ts";
import { BUILT_PROGRAM } from "./gateway-process.ts";
import type { Calls } from "./history-month.ts";
import { DAY_MS } from "./history-month.ts";
import { quantile } from "./statistics.ts";

/** Points that are asked for: far apart, each in a row of its own. */
const ASKED = 40;
/** What a page asks for. */
const SCREEN = 1500;
const START_MS_MAX = 60_000;

interface Question {
  readonly name: string;
  readonly resolution: "raw" | "auto";
  readonly days: number;
  readonly count: number;
}

const QUESTIONS: readonly Question[] = [
  { name: "24 h of samples", resolution: "raw", days: 1, count: 100_000 },
  { name: "24 h for a screen", resolution: "auto", days: 1, count: SCREEN },
  { name: "7 d for a screen", resolution: "auto", days: 7, count: SCREEN },
  { name: "30 d for a screen", resolution: "auto", days: 30, count: SCREEN },
];
/** Over HTTP no answer has more than 10,000 samples: a day of them is for a screen. */
const HTTP_QUESTIONS = QUESTIONS.filter(({ resolution }) => resolution === "auto");

/** Where it is asked, and what is timed. */
export interface Asking {
  readonly path: string;
  readonly pointIds: readonly string[];
  readonly endMs: number;
}

type Ask = (question: Question, pointId: string) => Promise<number>;

/** The file alone: how long the thread is busy that has it. */
export async function askFile(calls: Calls, { endMs, ...asking }: Asking): Promise<Figure[]> {
  const recorded = { fromMs: endMs, toMs: endMs };
  const ask: Ask = async ({ resolution, days, count: countMax }, pointId) => {
    const query = { pointId, fromMs: endMs - days * DAY_MS, toMs: endMs, resolution, countMax };
    const startedMs = performance.now();
    calls.query({ ...query, silentMs: 5000, pending: [], recorded });
    return performance.now() - startedMs;
  };
  return await timesOf(QUESTIONS, ask, { endMs, ...asking });
}

/** As the page asks: over HTTP, of the built gateway that records all these points meanwhile. */
export async function askGateway(asking: Asking, folder: string): Promise<Figure[]> {
  const { endMs } = asking;
  const port = await freePort();
  const child = startGateway(folder, port);
  try {
    const url = `http://127.0.0.1:${port}`;
    await untilAnswers(`${url}/healthz`);
    const ask: Ask = async ({ days, count }, pointId) => {
      const span = `from=${endMs - days * DAY_MS}&to=${endMs}&count=${count}`;
      const startedMs = performance.now();
      const answer = await fetch(`${url}/api/points/${pointId}/history?${span}`);
      const body = (await answer.json()) as { readonly gaps?: unknown };
      if (!answer.ok || !body.gaps) throw new Error(`history of ${pointId}: ${answer.status}`);
      const tookMs = performance.now() - startedMs;
      // A caller has a budget of ten questions a second.
      await sleep(110);
      return tookMs;
    };
    const figures = await timesOf(HTTP_QUESTIONS, ask, asking);
    return figures.map(({ name, ...rest }) => ({ name: `${name}, over HTTP`, ...rest }));
  } finally {
    child.kill("SIGTERM");
    await once(child, "exit");
  }
}

async function timesOf(questions: readonly Question[], ask: Ask, asking: Asking) {
  const figures: Figure[] = [];
  const step = Math.floor(asking.pointIds.length / ASKED);
  const ids = Array.from(
    { length: ASKED },
    (_, at) => asking.pointIds[at * step + (at % step)] ?? "",
  );
  for (const question of questions) {
    const [cold, warm]: [number[], number[]] = [[], []];
    for (const id of ids) {
      forget(asking.path);
      cold.push(await ask(question, id));
      warm.push(await ask(question, id));
    }
    const figure = (what: string, times: readonly number[], share: number) => {
      figures.push({
        name: `${question.name}, ${what}`,
        unit: "ms",
        value: quantile(times, share),
      });
    };
    figure("median", warm, 0.5);
    figure("p95", warm, 0.95);
    figure("from the disk, median", cold, 0.5);
    figure("from the disk, p95", cold, 0.95);
  }
  return figures;
}

/** The system's cache lets go of the file: what is asked next comes from the disk. */
function forget(path: string): void {
  const words = [`of=${path}`, "oflag=nocache", "conv=notrunc,fdatasync", "count=0"];
  const { status } = spawnSync("dd", ["if=/dev/null", ...words], { stdio: "ignore" });
  if (status !== 0) throw new Error(`dd ${words.join(" ")} failed`);
}

function startGateway(folder: string, port: number) {
  const points = Object.fromEntries(
    Array.from({ length: 1000 }, (_, at) => [`p${at}`, { mean: 230, amplitude: 8 }]),
  );
  const device = { channel: "sim", scan: "1 s", points };
  const config = {
    gateway: { id: "bench" },
    buffer: { path: "./data" },
    history: { capacity: "3 GiB" },
    channels: { sim: { driver: "simulated" } },
    devices: Object.fromEntries(Array.from({ length: 10 }, (_, at) => [`meter-${at}`, device])),
    web: { host: "127.0.0.1", port },
  };
  const file = join(folder, "headgate.yaml");
  writeFileSync(file, JSON.stringify(config));
  const words = [BUILT_PROGRAM, "run", "-c", file, "--log-level", "warn"];
  return spawn(process.execPath, words, { stdio: ["ignore", "inherit", "inherit"], cwd: folder });
}

async function untilAnswers(url: string): Promise<void> {
  for (const endMs = performance.now() + START_MS_MAX; performance.now() < endMs; ) {
    const isUp = await fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false);
    if (isUp) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within ${START_MS_MAX} ms`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}
