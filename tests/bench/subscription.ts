import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { ArrivalReport } from "./arrivals.ts";

type Word =
  | { readonly kind: "subscribed" | "first-data"; readonly atMs: number }
  | { readonly kind: "report"; readonly report: ArrivalReport };

/** The subscriber process, seen from the bench. */
export class Subscription {
  readonly #child: ChildProcess;
  firstDataAtMs: number | null = null;
  subscribedAtMs: number | null = null;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (word: Word) => {
      if (word.kind === "first-data") this.firstDataAtMs = word.atMs;
      if (word.kind === "subscribed") this.subscribedAtMs = word.atMs;
    });
  }

  static async start(url: string): Promise<Subscription> {
    const program = fileURLToPath(new URL("subscriber.ts", import.meta.url));
    const child = fork(program, [url], { execArgv: ["--conditions=headgate-source"] });
    const subscription = new Subscription(child);
    await once(child, "message");
    return subscription;
  }

  clearLatency(): void {
    this.#child.send("clear-latency");
  }

  async report(): Promise<ArrivalReport> {
    this.#child.send("report");
    for (;;) {
      const [word] = (await once(this.#child, "message")) as [Word];
      if (word.kind === "report") return word.report;
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
