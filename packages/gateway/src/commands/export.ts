import { type BufferedSample, exportBuffer } from "@headgate/sync/buffer";
import { toJson } from "../to-json.ts";
import type { ExportFormat } from "./export-format.ts";
import { type LineSink, writeLines } from "./line-writer.ts";

/** What to export. */
export interface ExportChoice {
  /** The buffer's folder. */
  readonly directory: string;
  readonly format: ExportFormat;
  readonly pointId: string | undefined;
}

/** Writes a buffer's samples as lines; gives their count. No buffer: `Misconfigured`. */
export function exportSamples(choice: ExportChoice, sink: LineSink): Promise<number> {
  const { directory, format, pointId } = choice;
  return writeSamples(exportBuffer(directory), { format, pointId }, sink);
}

/** Writes samples as lines; gives their count. */
export async function writeSamples(
  samples: Iterable<BufferedSample>,
  choice: Omit<ExportChoice, "directory">,
  sink: LineSink,
): Promise<number> {
  const count = { samples: 0 };
  await writeLines(linesOf(samples, choice, count), sink);
  return count.samples;
}

const CSV_HEAD = "point,t,value,quality,reason,epoch,block,index";

function* linesOf(
  samples: Iterable<BufferedSample>,
  { format, pointId }: Omit<ExportChoice, "directory">,
  count: { samples: number },
): Generator<string> {
  if (format === "csv") yield CSV_HEAD;
  for (const buffered of samples) {
    if (pointId !== undefined && buffered.sample.pointId !== pointId) continue;
    count.samples++;
    yield format === "csv" ? csvLine(buffered) : jsonLine(buffered);
  }
}

function jsonLine({ sample, epoch, block, index, isBackfilled }: BufferedSample): string {
  const { pointId: point, timestampMs: t, quality } = sample;
  const reason = sample.quality === "bad" ? { reason: sample.reason } : {};
  return JSON.stringify({
    point,
    t,
    value: toJson(sample.value),
    quality,
    ...reason,
    epoch,
    block,
    index,
    ...(isBackfilled ? { backfilled: true } : {}),
  });
}

function csvLine({ sample, epoch, block, index }: BufferedSample): string {
  const reason = sample.quality === "bad" ? sample.reason : "";
  const value = sample.value === null ? "" : String(sample.value);
  const { pointId, timestampMs, quality } = sample;
  const cells = [pointId, timestampMs, value, quality, reason, epoch, block, index];
  return cells.map(csvCell).join(",");
}

/** Quoted where RFC 4180 asks for it. */
export function csvCell(cell: string | number): string {
  const text = String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
