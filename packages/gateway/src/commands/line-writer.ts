import { once } from "node:events";
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
export async function writeLines(lines: Iterable<string>, { out, signal }: LineSink) {
  let chunk = "";
  let isGone = false;
  const onError = () => {
    isGone = true;
  };
  out.on("error", onError);
  const flush = async () => {
    const isTaken = out.write(chunk);
    chunk = "";
    if (!isTaken && !isGone) await Promise.race([once(out, "drain"), once(out, "close")]);
  };
  try {
    for (const line of lines) {
      chunk += `${line}\n`;
      if (chunk.length >= CHUNK_CHARACTERS) await flush();
      if (isGone || signal.aborted) break;
    }
    if (chunk !== "" && !isGone) await flush();
  } finally {
    out.off("error", onError);
  }
}
