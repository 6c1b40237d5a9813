import { live } from "../live.svelte.ts";
import { plainMoment } from "./format.ts";

/** Date and time by the site's clock: "2026-10-25 02:30:00"; twice told hours with their offset. */
export const siteTime = (ms: number) => plainMoment(ms, live.timezone);

/** The same to the minute. */
export const siteMinute = (ms: number) => siteTime(ms).replace(/:\d\d(?= |$)/, "");
