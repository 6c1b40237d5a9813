import {
  type ExportedMinute,
  type ExportedSample,
  type ExportOptions,
  openRecord,
  storeName,
} from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";
import { type LineSink, writeLines } from "./line-writer.ts";

/** What of a store to print. */
export interface ReceivedToExport extends ExportOptions {
  /** The minutes of thinned blocks, instead of samples. */
  readonly isThinned?: boolean;
}

/** `headgate receive export`: every stored sample, or minute, as a line of JSON. */
export async function exportReceived(
  store: string,
  { isThinned = false, ...options }: ReceivedToExport,
  sink: LineSink,
): Promise<number> {
  const count = { lines: 0 };
  const record = await openRecord(store);
  try {
    const found = isThinned ? record.minutes(options) : record.samples(options);
    await writeLines(linesOf(found, count), sink);
  } finally {
    await record.close();
  }
  const what = isThinned ? "minute of thinned blocks" : "sample";
  if (count.lines === 0) process.stderr.write(`headgate: ${nothingText(what, store, options)}\n`);
  return ExitCode.ok;
}

/** Nothing may be right, or a name misspelt: what was looked for is told. */
function nothingText(what: string, store: string, options: ExportOptions): string {
  const { point, gateway, fromMs, toMs } = options;
  const of = point === undefined ? "" : ` of "${point}"`;
  const from = gateway === undefined ? "" : ` from gateway "${gateway}"`;
  const when = fromMs === undefined && toMs === undefined ? "" : " in that time";
  return `no ${what}${of}${from}${when} in "${storeName(store)}"`;
}

async function* linesOf(
  found: AsyncIterable<ExportedSample | ExportedMinute>,
  count: { lines: number },
): AsyncGenerator<string> {
  for await (const one of found) {
    count.lines++;
    const line = JSON.stringify(one);
    const isMinusZero = "value" in one && Object.is(one.value, -0);
    // JSON.stringify writes -0 as 0.
    yield isMinusZero ? line.replace('"value":0', '"value":-0') : line;
  }
}

/** A time a person typed: ISO 8601 or UTC milliseconds; null if it is neither. */
export function parseTimeMs(text: string): number | null {
  const ms = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(ms) ? ms : null;
}
