import {
  type ExportedSample,
  type ExportOptions,
  openRecord,
  storeName,
} from "@headgate/sync/receiver";
import { ExitCode } from "./exit-code.ts";
import { type LineSink, writeLines } from "./line-writer.ts";

/** `headgate receive export`: every stored sample as a line of JSON. */
export async function exportReceived(
  store: string,
  options: ExportOptions,
  sink: LineSink,
): Promise<number> {
  const count = { samples: 0 };
  const record = await openRecord(store);
  try {
    await writeLines(linesOf(record.samples(options), count), sink);
  } finally {
    await record.close();
  }
  if (count.samples === 0) process.stderr.write(`headgate: ${nothingText(store, options)}\n`);
  return ExitCode.ok;
}

/** Nothing may be right, or a name misspelt: what was looked for is told. */
function nothingText(store: string, options: ExportOptions): string {
  const { point, gateway, fromMs, toMs } = options;
  const of = point === undefined ? "" : ` of "${point}"`;
  const from = gateway === undefined ? "" : ` from gateway "${gateway}"`;
  const when = fromMs === undefined && toMs === undefined ? "" : " in that time";
  return `no sample${of}${from}${when} in "${storeName(store)}"`;
}

async function* linesOf(
  samples: AsyncIterable<ExportedSample>,
  count: { samples: number },
): AsyncGenerator<string> {
  for await (const sample of samples) {
    count.samples++;
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
