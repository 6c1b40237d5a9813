import { pino } from "pino";
import { expect, test } from "vitest";
import { LogRing, shownLines } from "./log-ring.ts";
import { createRedactor } from "./redact.ts";

test("the last lines, bounded, as pino says them", () => {
  const ring = new LogRing(2);
  const log = pino({ level: "debug", errorKey: "error", base: null }, ring);
  log.info("gone");
  log.debug({ channel: "bus-1" }, "a frame");
  log.error({ error: new Error("broken"), long: "x".repeat(10_000) }, "y".repeat(10_000));
  const [first, second, ...more] = shownLines(ring.lines(), (text) => text);
  expect(more).toEqual([]);
  expect(first).toMatchObject({
    ...{ level: "debug", message: "a frame", fields: '{"channel":"bus-1"}' },
    atMs: expect.any(Number),
  });
  expect(second?.level).toBe("error");
  expect(second?.fields).toContain("broken");
  expect([second?.message.length, second?.fields.length]).toEqual([1000, 2000]);
});

test("half a secret where a line is cut is not shown", () => {
  const secret = "0123456789".repeat(20);
  const ring = new LogRing();
  const log = pino({ base: null }, ring);
  for (let before = 900; before < 1600; before += 7) log.info("-".repeat(before) + secret);
  for (const { message } of shownLines(ring.lines(), createRedactor([secret]))) {
    expect(message.length).toBeLessThanOrEqual(1000);
    expect(message).toMatch(/^-+(\[hidden\]|\[?h?i?d?d?e?n?)$/);
  }
});

test("half a secret where a line is cut is not shown, however short the rest has become", () => {
  const ring = new LogRing();
  const secret = "grass".repeat(20);
  ring.write(
    JSON.stringify({ level: 30, time: 1, msg: `${secret.repeat(10)}${"-".repeat(462)}${secret}` }),
  );
  const [line] = shownLines(ring.lines(), createRedactor([secret]));
  expect(line?.message).toContain("[hidden]");
  expect(line?.message).not.toContain("grass");
});
