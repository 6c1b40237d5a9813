import { once } from "node:events";
import type { Writable } from "node:stream";
import { type ExportOptions, exportRecord } from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";

const CHUNK_CHARACTERS = 64 * 1024;

/** `headgate receive export`: every stored sample as a line of JSON, no faster than `out` takes them. */
export async function exportReceived(
  storePath: string,
  options: ExportOptions,
  { out, signal }: { readonly out: Writable; readonly signal: AbortSignal },
): Promise<number> {
  let chunk = "";
  let isGone = false;
  const onError = () => {
    // The reader of the pipe has seen enough (`| head`): that is no fault.
    isGone = true;
  };
  out.on("error", onError);
  const flush = async () => {
    const isTaken = out.write(chunk);
    chunk = "";
    if (!isTaken && !isGone) await Promise.race([once(out, "drain"), once(out, "close")]);
  };
  try {
    for (const sample of exportRecord(storePath, options)) {
      const { value } = sample;
      // JSON.stringify writes -0 as 0.
      const isMinusZero = Object.is(value, -0);
      const line = JSON.stringify(sample);
      chunk += isMinusZero ? line.replace('"value":0', '"value":-0') : line;
      chunk += "\n";
      if (chunk.length >= CHUNK_CHARACTERS) await flush();
      if (isGone || signal.aborted) break;
    }
    if (chunk !== "" && !isGone) await flush();
  } finally {
    out.off("error", onError);
  }
  return ExitCode.ok;
}

/** A time a person typed: ISO 8601 or UTC milliseconds; null if it is neither. */
export function parseTimeMs(text: string): number | null {
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(ms) ? ms : null;
}
