/** A whole text, or a part between signs, as a regular expression; `{1}` is its first group. */
export type ReasonPattern = readonly [pattern: string, chinese: string];
