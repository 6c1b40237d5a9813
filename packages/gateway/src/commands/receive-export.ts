import { type ExportOptions, exportRecord } from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";
import { type LineSink, writeLines } from "./line-writer.ts";

/** `headgate receive export`: every stored sample as a line of JSON. */
export async function exportReceived(
  storePath: string,
  options: ExportOptions,
  sink: LineSink,
): Promise<number> {
  await writeLines(linesOf(storePath, options), sink);
  return ExitCode.ok;
}

function* linesOf(storePath: string, options: ExportOptions): Generator<string> {
  for (const sample of exportRecord(storePath, options)) {
    const line = JSON.stringify(sample);
    // JSON.stringify writes -0 as 0.
    yield Object.is(sample.value, -0) ? line.replace('"value":0', '"value":-0') : line;
  }
}

/** A time a person typed: ISO 8601 or UTC milliseconds; null if it is neither. */
export function parseTimeMs(text: string): number | null {
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(ms) ? ms : null;
}
