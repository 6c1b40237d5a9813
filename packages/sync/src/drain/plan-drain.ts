import { type BlockRange, type Lane, type Seq, STREAMS, type Stream } from "@headgate/model";
import { type Spans, spanFrom, spanUpTo } from "../ranges.ts";

/** How a backlog goes out: in segments from the newest to the oldest, or all in order. */
export type DrainOrder = "newest-first" | "strict";

/** One epoch as the planner sees it. */
export interface EpochView {
  readonly stream: Stream;
  readonly epoch: string;
  readonly tailSeq: Seq;
  readonly headSeq: Seq;
  /** Numbers from here on are live. */
  readonly liveFrom: Seq;
  /** What the far side has for good. */
  readonly acked: Spans;
  /** What was sent in this session, or cannot be sent in it. */
  readonly taken: Spans;
}

/** All that decides what is sent next. */
export interface DrainView {
  /** Oldest first. */
  readonly epochs: readonly EpochView[];
  readonly order: DrainOrder;
  /** Asked for again, first come first served. */
  readonly repairs: readonly BlockRange[];
  readonly batchesMax: number;
  readonly liveInFlight: number;
  readonly otherInFlight: number;
  /** Too much waits for the far side's word: only live goes out. */
  readonly isBacklogHeld: boolean;
  /** Lanes that have used up what they may send for now. */
  readonly heldLanes: ReadonlySet<Lane>;
}

/** What to read and send next. */
export interface DrainStep {
  readonly lane: Lane;
  readonly range: BlockRange;
}

/** A backlog goes out newest segment first, ascending inside; 10 min at two blocks a second. */
export const SEGMENT_BLOCKS = 1200;

/** The next step, or null when there is nothing to do or no room to do it. */
export function planDrain(view: DrainView): DrainStep | null {
  const { batchesMax, liveInFlight, otherInFlight } = view;
  if (liveInFlight + otherInFlight >= batchesMax) return null;
  if (view.order === "strict") {
    // One at a time: one that must be sent again would come after those behind it.
    return liveInFlight + otherInFlight > 0 ? null : (repairStep(view) ?? oldestStep(view));
  }
  const live = view.heldLanes.has("l") ? null : liveStep(view.epochs);
  if (live) return live;
  // One slot stays free, so that the next live block never waits for a backlog batch.
  if (otherInFlight >= Math.max(1, batchesMax - 1)) return null;
  const repair = repairStep(view);
  if (repair) return repair;
  return view.isBacklogHeld || view.heldLanes.has("b") ? null : backlogStep(view.epochs);
}

/** Events before samples before history before pictures; epochs as they are. */
function inOrder(epochs: readonly EpochView[]): EpochView[] {
  return STREAMS.flatMap((stream) => epochs.filter((epoch) => epoch.stream === stream));
}

function liveStep(epochs: readonly EpochView[]): DrainStep | null {
  for (const epoch of inOrder(epochs)) {
    const from = Math.max(epoch.liveFrom, epoch.tailSeq);
    const range = firstMissing(epoch, from, epoch.headSeq);
    if (range) return { lane: "l", range };
  }
  return null;
}

function repairStep({ repairs, heldLanes }: DrainView): DrainStep | null {
  const [range] = repairs;
  return range && !heldLanes.has("r") ? { lane: "r", range } : null;
}

function backlogStep(epochs: readonly EpochView[]): DrainStep | null {
  for (const epoch of inOrder(epochs.toReversed())) {
    const newest = lastMissing(epoch, Math.min(epoch.liveFrom - 1, epoch.headSeq));
    if (newest === null) continue;
    const segmentStart = Math.floor((newest - 1) / SEGMENT_BLOCKS) * SEGMENT_BLOCKS + 1;
    const range = firstMissing(epoch, Math.max(segmentStart, epoch.tailSeq), newest);
    if (range) return { lane: "b", range };
  }
  return null;
}

function oldestStep({ epochs, isBacklogHeld, heldLanes }: DrainView): DrainStep | null {
  for (const epoch of inOrder(epochs)) {
    const range = firstMissing(epoch, epoch.tailSeq, epoch.headSeq);
    if (!range) continue;
    if (range.first >= epoch.liveFrom) return heldLanes.has("l") ? null : { lane: "l", range };
    if (isBacklogHeld || heldLanes.has("b")) return null;
    return { lane: "b", range: { ...range, last: Math.min(range.last, epoch.liveFrom - 1) } };
  }
  return null;
}

/** The first run of `from` to `to` that is neither acknowledged nor taken. */
function firstMissing(view: EpochView, from: Seq, to: Seq): BlockRange | null {
  const { stream, epoch, acked, taken } = view;
  let first = Math.max(1, from);
  while (first <= to) {
    const above = [spanFrom(acked, first), spanFrom(taken, first)];
    const holding = above.find((span) => span !== undefined && span.first <= first);
    if (holding) {
      first = holding.last + 1;
      continue;
    }
    const last = Math.min(to, ...above.flatMap((span) => (span ? span.first - 1 : [])));
    return { stream, epoch, first, last };
  }
  return null;
}

/** The highest number up to `to` that is neither acknowledged nor taken. */
function lastMissing({ tailSeq, acked, taken }: EpochView, to: Seq): Seq | null {
  let last = to;
  while (last >= Math.max(1, tailSeq)) {
    const below = [spanUpTo(acked, last), spanUpTo(taken, last)];
    const holding = below.find((span) => span !== undefined && span.last >= last);
    if (!holding) return last;
    last = holding.first - 1;
  }
  return null;
}
