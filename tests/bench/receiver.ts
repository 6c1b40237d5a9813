import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Figure } from "./figure.ts";
import { BUILT_PROGRAM } from "./gateway-process.ts";
import { figuresOf } from "./process-figures.ts";
import type { Rig, RigOptions } from "./rig.ts";
import { steady } from "./steady.ts";

/** The steady gateway, whose far side is a receiver that stores and acknowledges. */
export async function withReceiver(options: RigOptions, seconds: number): Promise<Figure[]> {
  const program = options.program ?? BUILT_PROGRAM;
  const folder = mkdtempSync(join(tmpdir(), "headgate-bench-receiver-"));
  const store = join(folder, "upstream.db");
  const started: { stop(): Promise<Figure[]> }[] = [];
  const beside = async ({ broker }: Pick<Rig, "broker">) => {
    const words = [program, "receive", "--url", broker.url, "--store", store];
    const child = spawn(process.execPath, words, { stdio: "ignore" });
    const startedMs = performance.now();
    started.push({
      async stop() {
        const { cpuMs, rssPeakBytes } = figuresOf(child.pid as number);
        const elapsedMs = performance.now() - startedMs;
        const ended = once(child, "exit");
        child.kill("SIGTERM");
        await ended;
        return [
          { name: "receiver cpu", unit: "% of a core", value: (100 * cpuMs) / elapsedMs },
          { name: "receiver rss peak", unit: "MB", value: rssPeakBytes / 1e6 },
        ];
      },
    });
  };
  try {
    const figures = await steady({ ...options, delivery: "receiver" }, seconds, beside);
    const own = (await Promise.all(started.map((receiver) => receiver.stop()))).flat();
    const words = [program, "receive", "status", "--store", store, "--json"];
    // Exits 1, and so throws, if the record is not complete.
    const status = execFileSync(process.execPath, words, { encoding: "utf8" });
    const { epochs } = JSON.parse(status) as { epochs: { duplicateCount: number }[] };
    const twice = epochs.reduce((sum, { duplicateCount }) => sum + duplicateCount, 0);
    return [...figures, ...own, { name: "duplicate blocks dropped", unit: "", value: twice }];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
