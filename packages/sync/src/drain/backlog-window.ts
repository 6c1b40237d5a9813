/** A live sample waits behind this much of the backlog at the far side, about. */
const DELAY_MS = 600;
/** Also to a far side of which nothing is known yet. */
const BYTES_MIN = 256 * 1024;
const BYTES_MAX = 64 * 1024 * 1024;
const BUCKET_MS = 1000;
const BUCKETS = 5;

/**
 * How much may be sent ahead of the far side's word. What it has not worked off yet lies in the
 * broker's queue, and live samples stand behind it: so no more than it gets through in `DELAY_MS`,
 * by the best of the last seconds. Where it answers sooner than that, the window grows by itself.
 */
export class BacklogWindow {
  #buckets: { readonly startMs: number; bytes: number }[] = [];

  /** So much became acknowledged. */
  confirmed(bytes: number, nowMs: number): void {
    const latest = this.#buckets.at(-1);
    if (latest && nowMs - latest.startMs < BUCKET_MS) latest.bytes += bytes;
    else this.#buckets = [...this.#buckets, { startMs: nowMs, bytes }].slice(-BUCKETS);
  }

  /** The most that may wait for the far side's word. */
  bytesMax(nowMs: number): number {
    const isRecent = ({ startMs }: { startMs: number }) =>
      nowMs - startMs < BUCKET_MS * (BUCKETS + 1);
    const best = Math.max(0, ...this.#buckets.filter(isRecent).map(({ bytes }) => bytes));
    return Math.min(BYTES_MAX, Math.max(BYTES_MIN, (best * DELAY_MS) / BUCKET_MS));
  }
}
