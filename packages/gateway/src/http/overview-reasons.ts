import { reasonPatterns } from "./reasons-in-chinese.ts";

/** A reason in Chinese, as a function of the page's script. */
export const overviewReasons = `
const REASONS = ${JSON.stringify(reasonPatterns)}
  .map(([pattern, chinese]) => [new RegExp("^(?:" + pattern + ")$"), chinese]);
const reasonInChinese = (reason) => {
  for (const [pattern, chinese] of REASONS) {
    const match = pattern.exec(reason);
    if (match) return chinese.replace(/{(\\d)}/g, (_, group) => reasonInChinese(match[group]));
  }
  return reason;
};
`;
