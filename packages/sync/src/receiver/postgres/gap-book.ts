import type { Gap } from "@headgate/model";
import { differenceOf, intersectionOf, type Span, type Spans, unionOf } from "../../ranges.ts";
import { openNumbersOf } from "../thinned-numbers.ts";

/** A gap record as it came. */
export type GapRecord = Pick<Gap, "first" | "last" | "sampleCount" | "fromMs" | "toMs" | "reason">;

/** What gap records change of an epoch. */
export interface GapBook {
  readonly stored: Spans;
  readonly thinned: Spans;
  /** Told to be gone, and neither stored nor thinned. */
  readonly gone: Spans;
  /** Those of which a part is still missing. */
  readonly gaps: readonly GapRecord[];
}

/** The book with the gap in it; null if nothing of it was news. */
export function recordGap(book: GapBook, gap: GapRecord): Pick<GapBook, "gone" | "gaps"> | null {
  const { first, last, sampleCount, fromMs, toMs, reason } = gap;
  if (reason === "expired") return recordExpired(book, gap);
  if (book.gaps.some((known) => known.first <= first && known.last >= last)) return null;
  const open = openNumbersOf({ first, last }, book);
  if (open.length === 0) return null;
  // Gateways merge neighbouring gaps: the wider record speaks for those inside it.
  const others = book.gaps.filter((known) => known.first < first || known.last > last);
  const gaps = [...others, { first, last, sampleCount, fromMs, toMs, reason }];
  return { gone: unionOf(book.gone, open), gaps };
}

/** It counts nothing: where another record does, that one stays. */
function recordExpired(book: GapBook, gap: GapRecord): ReturnType<typeof recordGap> {
  const { first, last, sampleCount, fromMs, toMs, reason } = gap;
  const news = differenceOf(openNumbersOf({ first, last }, book), book.gone);
  if (news.length === 0) return null;
  const records = news.map((span) => ({ ...span, sampleCount, fromMs, toMs, reason }));
  return { gone: unionOf(book.gone, news), gaps: [...book.gaps, ...records] };
}

/** The book once blocks, or what was kept of them, came after all: data beats gap. */
export function fillGap(book: GapBook, span: Span): Pick<GapBook, "gone" | "gaps"> {
  if (intersectionOf(book.gone, [span]).length === 0) return { gone: book.gone, gaps: book.gaps };
  const gone = differenceOf(book.gone, [span]);
  const gaps = book.gaps.filter(({ first, last }) => {
    const isHit = first <= span.last && last >= span.first;
    return !isHit || intersectionOf(gone, [{ first, last }]).length > 0;
  });
  return { gone, gaps };
}
