const WINDOW_MS = 60_000;

/** Which share of the time something was in use, over the last one to two minutes. */
export class BusyMeter {
  #startMs: number;
  #busyMs = -0;
  #before: { readonly ms: number; readonly busyMs: number } = { ms: 0, busyMs: 0 };

  constructor(nowMs: number) {
    this.#startMs = nowMs;
  }

  /** Something was in use from `fromMs` to now. */
  note(fromMs: number, nowMs: number): void {
    this.#busyMs += nowMs - fromMs;
    const ms = nowMs - this.#startMs;
    if (ms < WINDOW_MS) return;
    this.#before = { ms, busyMs: this.#busyMs };
    this.#startMs = nowMs;
    this.#busyMs = 0;
  }

  /** 0 to 1. */
  share(nowMs: number): number {
    const ms = this.#before.ms + nowMs - this.#startMs;
    return ms > 0 ? Math.min(1, (this.#before.busyMs + this.#busyMs) / ms) : 0;
  }
}
