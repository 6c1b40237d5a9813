import { MEANINGS } from "../../profiles/meanings.ts";
import type { PointView } from "../../status.ts";
import { pointTitle } from "../point-title.ts";
import { type Html, html, table } from "./html.ts";
import { BASIC_MARKS, type BasicMark, MARK_TEXTS, markOf, sayReason, sayValue } from "./said.ts";
import type { Words } from "./texts.ts";

/** On one page: more make an old tablet slow. */
const ROWS_MAX = 100;
/** Of page numbers beside the one that is shown. */
const NUMBERS_ASIDE = 3;

/** What the reader wants to see of the points. */
export interface PointsAsked {
  readonly page: number;
  readonly search: string;
  readonly show: "all" | "abnormal";
}

interface Marked {
  readonly point: PointView;
  readonly mark: BasicMark;
}

/** Those that are asked for, abnormal first; within a kind in the order of the configuration. */
export function askedPoints(
  points: readonly PointView[],
  { search, show }: PointsAsked,
  nowMs: number,
): readonly Marked[] {
  const words = search.trim().toLowerCase();
  return points
    .filter((point) => searchedIn(point).includes(words))
    .map((point) => ({ point, mark: markOf(point, nowMs) }))
    .filter(({ mark }) => show === "all" || mark !== "good")
    .sort((a, b) => BASIC_MARKS.indexOf(a.mark) - BASIC_MARKS.indexOf(b.mark));
}

/** In both languages: the search is in its address, and the reader may change the language. */
function searchedIn(point: PointView): string {
  const titles = (["en", "zh"] as const).map((lang) => pointTitle(point, MEANINGS, lang));
  return [point.id, ...titles, point.unit].join("\n").toLowerCase();
}

/** A search, a page of points, and the way to the other pages. */
export function pointsBody(
  found: readonly Marked[],
  asked: PointsAsked,
  { words, nowMs, linkOf }: { words: Words; nowMs: number; linkOf: (page: number) => string },
): Html {
  const { say, lang } = words;
  const pageCount = Math.max(1, Math.ceil(found.length / ROWS_MAX));
  const page = Math.min(asked.page, pageCount);
  const shown = found.slice((page - 1) * ROWS_MAX, page * ROWS_MAX);
  const options = (["all", "abnormal"] as const).map((show) => {
    const selected = asked.show === show ? html` selected` : null;
    return html`<option value="${show}"${selected}>${say(show)}</option>`;
  });
  const pages = pageNumbers(page, pageCount).map((number) =>
    number === page
      ? html`<strong aria-current="page">${number}</strong> `
      : html`<a href="${linkOf(number)}">${number}</a> `,
  );
  const numbers = html`<nav class="pages" aria-label="${say("pages")}">${pages}</nav>`;
  return html`<form class="line card" method="get" action="points">
<input type="hidden" name="lang" value="${lang}">
<label>${say("search")}
<input type="search" name="search" value="${asked.search}" maxlength="200"></label>
<label>${say("show")} <select name="show">${options}</select></label>
<button type="submit">${say("search")}</button></form>
<p>${say("found", { n: found.length })} · ${say("page", { n: page, all: pageCount })}</p>
${pageCount > 1 ? numbers : null}
${pointTable(shown, words, nowMs)}`;
}

/** The first and the last, and those around. */
export function pageNumbers(page: number, pageCount: number): readonly number[] {
  const numbers = Array.from({ length: pageCount }, (_, index) => index + 1);
  return numbers.filter(
    (number) => number === 1 || number === pageCount || Math.abs(number - page) <= NUMBERS_ASIDE,
  );
}

export function pointTable(shown: readonly Marked[], words: Words, nowMs: number): Html {
  const { say, span, lang } = words;
  if (shown.length === 0) return html`<p class="card">${say("none")}</p>`;
  const rows = shown.map(({ point, mark }) => {
    const { id, reason, timestampMs, access } = point;
    const title = pointTitle(point, MEANINGS, lang);
    const word = say(MARK_TEXTS[mark]);
    const cause = reason === null ? word : `${word}: ${sayReason(reason, lang)}`;
    const name = id.endsWith(`/${title}`) ? id : `${title} (${id})`;
    // The page with script asks twice, and follows what becomes of it.
    const address = `../#/points/${id.split("/").map(encodeURIComponent).join("/")}`;
    return [
      access === "read" ? name : html`${name}<br><a href="${address}">${say("writable")}</a>`,
      sayValue(point, words),
      cause,
      timestampMs === null ? "–" : span(nowMs - timestampMs),
    ];
  });
  return table(say("points"), [say("point"), say("value"), say("quality"), say("age")], rows);
}
