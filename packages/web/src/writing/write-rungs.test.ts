import { expect, it } from "vitest";
import { isSettled, writeRungs } from "./write-rungs.ts";

const SHOWN = { wrote: "5 °C", readBack: "4 °C" };

it.each([
  ["queued", null, "ok later later", false],
  ["sent", null, "ok ok later", false],
  ["sent", "the device took it", "ok ok unknown", true],
  ["verified", null, "ok ok ok", true],
  ["mismatch", null, "ok ok failed", true],
  ["unknown", "timeout", "ok ok warning", true],
  ["refused", "illegal data value", "ok failed later", true],
  ["cancelled", "the gateway ended", "ok failed later", true],
] as const)("%s (%s) has come to: %s", (state, reason, verdicts, settled) => {
  const report = { state, reason };
  expect(
    writeRungs(report, SHOWN)
      .map(({ verdict }) => verdict)
      .join(" "),
  ).toBe(verdicts);
  expect(isSettled(report)).toBe(settled);
});

it("says what the device shows, why, and what to do, where it came to grief", () => {
  const [, , readBack] = writeRungs({ state: "mismatch", reason: "timeout" }, SHOWN);
  expect(readBack).toMatchObject({
    evidence: { key: "writing.showsOther", values: SHOWN },
    reason: "timeout",
    todo: "writing.mismatch.todo",
  });
  const [, sent, later] = writeRungs({ state: "refused", reason: "no" }, SHOWN);
  expect(sent).toMatchObject({ reason: "no", todo: "writing.refused.todo" });
  expect(later).toEqual({ name: "writing.readBack", verdict: "later" });
});

it("has not begun before the gateway told of it", () => {
  expect(writeRungs(null, SHOWN).every(({ verdict }) => verdict === "later")).toBe(true);
});
