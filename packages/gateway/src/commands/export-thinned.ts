import { type BufferedMinute, exportMinutes } from "@headgate/sync/buffer";
import { csvCell, type ExportChoice } from "./export.ts";
import { type LineSink, writeLines } from "./line-writer.ts";

const COLUMNS = ["point", "t", "min", "max", "mean", "last", "count"] as const;
const NAMES = ["quality", "epoch", "firstBlock", "lastBlock"] as const;

/** Writes the minutes of a buffer's thinned blocks as lines; gives their count. */
export async function exportThinned(choice: ExportChoice, sink: LineSink): Promise<number> {
  const count = { lines: 0 };
  await writeLines(linesOf(choice, count), sink);
  return count.lines;
}

function* linesOf(
  { directory, format, pointId }: ExportChoice,
  count: { lines: number },
): Generator<string> {
  const keys = [...COLUMNS, ...NAMES];
  if (format === "csv") yield keys.join(",");
  for (const minute of exportMinutes(directory)) {
    if (pointId !== undefined && minute.pointId !== pointId) continue;
    count.lines++;
    const told = toldOf(minute);
    yield format === "csv" ? keys.map((key) => csvCell(told[key])).join(",") : JSON.stringify(told);
  }
}

function toldOf({ pointId, minuteMs, isUncertain, ...figures }: BufferedMinute) {
  const { min, max, mean, last, count, epoch, firstBlock, lastBlock } = figures;
  const quality = isUncertain ? "uncertain" : "good";
  const of = { quality, epoch, firstBlock, lastBlock };
  return { point: pointId, t: minuteMs, min, max, mean, last, count, ...of };
}
