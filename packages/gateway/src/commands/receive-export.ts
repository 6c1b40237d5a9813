import type { Writable } from "node:stream";
import { type ExportedSample, type ExportOptions, exportRecord } from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";

const CHUNK_CHARACTERS = 64 * 1024;

/** `headgate receive export`: each stored sample as a line of JSON, as fast as `out` takes them. */
export async function exportReceived(
  storePath: string,
  options: ExportOptions,
  { out, signal }: { readonly out: Writable; readonly signal: AbortSignal },
): Promise<number> {
  let chunk = "";
  let isGone = false;
  let goOn = () => {};
  // The reader of the pipe has seen enough (`| head`): that is no fault. It may show only after
  // the last write, so the listener stays.
  out.on("error", () => {
    isGone = true;
    goOn();
  });
  out.on("drain", () => goOn());
  signal.addEventListener("abort", () => goOn(), { once: true });
  const flush = async () => {
    const drained = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const isTaken = out.write(chunk);
    chunk = "";
    if (!isTaken && !isGone) await drained;
  };
  for (const sample of exportRecord(storePath, options)) {
    chunk += `${lineOf(sample)}\n`;
    if (chunk.length >= CHUNK_CHARACTERS) await flush();
    if (isGone || signal.aborted) break;
  }
  if (chunk !== "" && !isGone) await flush();
  return ExitCode.ok;
}

function lineOf(sample: ExportedSample): string {
  const line = JSON.stringify(sample);
  // JSON.stringify writes -0 as 0.
  return Object.is(sample.value, -0) ? line.replace('"value":0', '"value":-0') : line;
}

/** A time a person typed: ISO 8601 or UTC milliseconds; null if it is neither. */
export function parseTimeMs(text: string): number | null {
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(ms) ? ms : null;
}
