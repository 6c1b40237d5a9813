import type { Buffer, BufferStatus, Context, PointId, Sample } from "@headgate/model";
import { decodeSamples } from "@headgate/sync/block";

/** The last number of each epoch, by "stream epoch". */
export type Positions = Readonly<Record<string, number>>;

/** Blocks looked through at most: more than were stored since the state was kept. */
const BLOCKS_MAX = 20_000;
const LIMITS = { blocksMax: 64, bytesMax: 4 * 1024 * 1024 };

/** Where the streams of samples end now. */
export function positionsOf({ epochs }: BufferStatus): Positions {
  const ends = epochs
    .filter(({ stream }) => stream !== "media")
    .map(({ stream, epoch, headSeq }) => [`${stream} ${epoch}`, headSeq] as const);
  return Object.fromEntries(ends);
}

interface ReplayOptions {
  readonly since: Positions;
  readonly wanted: ReadonlySet<PointId>;
  readonly context: Context;
}

/** Tells every sample of the points wanted that was stored since, in the order it was stored. */
export async function replayStored(
  buffer: Buffer,
  { since, wanted, context }: ReplayOptions,
  tell: (sample: Sample, isBackfilled: boolean) => void,
): Promise<void> {
  for (const { stream, epoch, headSeq } of buffer.status().epochs) {
    if (stream === "media") continue;
    const known = since[`${stream} ${epoch}`] ?? 0;
    let next = Math.max(known + 1, headSeq - BLOCKS_MAX);
    while (next <= headSeq && !context.signal.aborted) {
      const entries = await buffer.read({ stream, epoch, first: next, last: headSeq }, LIMITS);
      if (entries.length === 0) break;
      for (const entry of entries) {
        next = ("seq" in entry ? entry.seq : entry.last) + 1;
        if (entry.kind !== "data") continue;
        const list = await buffer.pointList(entry.schemaHash);
        if (!list?.pointIds.some((id) => wanted.has(id))) continue;
        for (const sample of decodeSamples(entry.body, list.pointIds)) {
          if (wanted.has(sample.pointId)) tell(sample, stream === "history");
        }
      }
    }
  }
}
