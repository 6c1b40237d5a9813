import type { Gap } from "@headgate/model";
import { differenceOf, intersectionOf, type Spans, unionOf } from "../../ranges.ts";

/** A gap record as it came. */
export type GapRecord = Pick<Gap, "first" | "last" | "sampleCount" | "fromMs" | "toMs" | "reason">;

/** What gap records change of an epoch. */
export interface GapBook {
  readonly stored: Spans;
  /** Told to be gone, and not stored. */
  readonly gone: Spans;
  /** Those of which a part is still missing. */
  readonly gaps: readonly GapRecord[];
}

/** The book with the gap in it; null if nothing of it was news. */
export function recordGap(book: GapBook, gap: GapRecord): Pick<GapBook, "gone" | "gaps"> | null {
  const { first, last, sampleCount, fromMs, toMs, reason } = gap;
  if (reason === "expired") return recordExpired(book, gap);
  if (book.gaps.some((known) => known.first <= first && known.last >= last)) return null;
  const open = differenceOf([{ first, last }], book.stored);
  if (open.length === 0) return null;
  // Gateways merge neighbouring gaps: the wider record speaks for those inside it.
  const others = book.gaps.filter((known) => known.first < first || known.last > last);
  const gaps = [...others, { first, last, sampleCount, fromMs, toMs, reason }];
  return { gone: unionOf(book.gone, open), gaps };
}

/** It counts nothing: where another record does, that one stays. */
function recordExpired(book: GapBook, gap: GapRecord): ReturnType<typeof recordGap> {
  const { first, last, sampleCount, fromMs, toMs, reason } = gap;
  const news = differenceOf(differenceOf([{ first, last }], book.stored), book.gone);
  if (news.length === 0) return null;
  const records = news.map((span) => ({ ...span, sampleCount, fromMs, toMs, reason }));
  return { gone: unionOf(book.gone, news), gaps: [...book.gaps, ...records] };
}

/** The book once block `seq` came after all: data beats gap. */
export function fillGap(book: GapBook, seq: number): Pick<GapBook, "gone" | "gaps"> {
  const gone = differenceOf(book.gone, [{ first: seq, last: seq }]);
  const gaps = book.gaps.filter(({ first, last }) => {
    const isHit = first <= seq && last >= seq;
    return !isHit || intersectionOf(gone, [{ first, last }]).length > 0;
  });
  return { gone, gaps };
}
