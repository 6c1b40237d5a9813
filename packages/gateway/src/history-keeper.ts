import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Buffer, type Context, describeError, type PointId } from "@headgate/model";
import { z } from "zod";
import { Backfill } from "./acquire/backfill.ts";
import { GapBook, type GapBookState } from "./acquire/gap-book.ts";
import type { PointConfig } from "./config/config.ts";
import type { Pipeline } from "./pipeline.ts";
import { type Positions, positionsOf, replayStored } from "./replay-stored.ts";
import { settlesWithin } from "./settles-within.ts";

/** How long keeping the state waits for the buffer. */
const SETTLE_MS_MAX = 2_000;

const fileSchema = z.object({
  v: z.literal(1),
  at: z.record(z.string(), z.number()),
  points: z.record(
    z.string(),
    z.tuple([z.number(), z.literal([0, 1])], z.tuple([z.number(), z.number()])),
  ),
});

/** What a channel's backfill stands on. */
export interface HistoryKeeper {
  readonly buffer: Buffer;
  readonly pipeline: Pipeline;
}

/** The backfill of a channel as it was left, or null where no point has a history. */
export async function openBackfill(
  configs: readonly PointConfig[],
  { buffer, pipeline }: HistoryKeeper,
  context: Context,
): Promise<Backfill | null> {
  const points = configs.filter(({ hasHistory }) => hasHistory);
  if (points.length === 0) return null;
  const path = join(context.directory, "history.json");
  const known = await readState(path, context);
  const book = new GapBook(
    points.map(({ point }) => point.id),
    known?.points,
  );
  if (known) {
    const wanted = new Set<PointId>(points.map(({ point }) => point.id));
    const since = { since: known.at, wanted, context };
    try {
      await replayStored(buffer, since, (sample, isBackfilled) =>
        book.replay(sample, isBackfilled),
      );
    } catch (error) {
      // Some values are asked for once more. Meters are not kept waiting for it.
      context.log.warn("what was stored since cannot be read: gaps may seem longer", { error });
    }
  }
  return new Backfill({
    points,
    book,
    keepHistory: pipeline.keepHistory,
    save: (state) => save(path, state, { buffer, pipeline, context }),
  });
}

/** What is told as heard must be in the buffer; what came since is found there. */
async function save(
  path: string,
  points: GapBookState,
  { buffer, pipeline, context }: HistoryKeeper & { readonly context: Context },
): Promise<void> {
  const at: Positions = positionsOf(buffer.status());
  try {
    if (!(await settlesWithin(pipeline.settle(), SETTLE_MS_MAX, context.clock))) return;
    await replaceFile(path, JSON.stringify({ v: 1, at, points }));
  } catch (error) {
    context.log.warn("what is known of gaps is not kept", { path, reason: describeError(error) });
  }
}

async function readState(path: string, { log }: Context) {
  try {
    return fileSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    const isAbsent = error instanceof Error && "code" in error && error.code === "ENOENT";
    if (!isAbsent) log.warn("what was known of gaps is lost", { path, error });
    return null;
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(join(path, ".."), { recursive: true });
  const file = await open(`${path}.new`, "w");
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
