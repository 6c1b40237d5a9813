import type { Writable } from "node:stream";

const CHUNK_CHARACTERS = 64 * 1024;

/** Where lines go, and when to stop. */
export interface LineSink {
  readonly out: Writable;
  readonly signal: AbortSignal;
}

/**
 * Writes lines no faster than `out` takes them, until they end, the signal aborts, or the reader
 * of the pipe has seen enough (`| head`), which is no fault.
 */
export async function writeLines(
  lines: Iterable<string> | AsyncIterable<string>,
  { out, signal }: LineSink,
) {
  let chunk = "";
  let isGone = false;
  // For good: the error may come after the last line was handed over.
  out.on("error", () => {
    isGone = true;
  });
  const flush = async () => {
    const isTaken = out.write(chunk);
    chunk = "";
    if (!isTaken && !isGone) await isReady(out);
  };
  for await (const line of lines) {
    chunk += `${line}\n`;
    if (chunk.length >= CHUNK_CHARACTERS) await flush();
    if (isGone || signal.aborted) break;
  }
  if (chunk !== "" && !isGone) await flush();
}

const READY_EVENTS = ["drain", "close", "error"] as const;

/** Leaves no listener behind: a long record waits many times. */
function isReady(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of READY_EVENTS) out.off(event, done);
      resolve();
    };
    for (const event of READY_EVENTS) out.on(event, done);
  });
}
