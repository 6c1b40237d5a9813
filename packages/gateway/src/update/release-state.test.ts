import { describe, expect, test } from "vitest";
import { compareVersions, type Manifest, refusalOf } from "./manifest.ts";
import {
  atStart,
  confirmed,
  installed,
  parseState,
  type ReleaseState,
  STARTS_MAX,
  stoppedByHand,
  takenBack,
} from "./release-state.ts";

const first = installed(null, "1.0.0", null);
const goal = { channels: ["bus-1"], uplinks: ["cloud"], goodPoints: 7 };
const fresh = installed(first, "1.1.0", goal);
const start = (state: ReleaseState, bootId: string | null = "boot-1") =>
  atStart(state, { bootId, nowMs: 5 });

describe("a state of versions", () => {
  test("begins with one that is on no trial; the next one is", () => {
    expect(first).toMatchObject({ current: "1.0.0", previous: null, trial: null });
    expect(start(first)).toBe(first);
    expect(fresh).toMatchObject({
      current: "1.1.0",
      previous: "1.0.0",
      trial: { startCount: 0, goal },
    });
  });

  test("counts each start of a trial, and goes back when it has had enough", () => {
    let state = fresh;
    for (let count = 1; count <= STARTS_MAX; count++) {
      state = start(state);
      expect(state).toMatchObject({ current: "1.1.0", trial: { startCount: count } });
    }
    expect(start(state)).toMatchObject({
      current: "1.0.0",
      previous: null,
      trial: null,
      last: { kind: "went-back", version: "1.1.0", atMs: 5 },
    });
  });

  test("goes back at once where the machine was cut off within a trial", () => {
    const state = start(fresh, "boot-1");
    expect(start(state, "boot-1").current).toBe("1.1.0");
    expect(start(state, "boot-2")).toMatchObject({ current: "1.0.0", last: { kind: "went-back" } });
    // It never began: nothing was on trial when the power went.
    expect(start(fresh, "boot-9").current).toBe("1.1.0");
    // A machine that tells nothing counts only.
    expect(start(start(fresh, null), null).current).toBe("1.1.0");
  });

  test("does not blame a version for being stopped", () => {
    const stopped = stoppedByHand(start(fresh));
    expect(stopped.trial?.startCount).toBe(0);
    expect(start(stopped, "boot-2").current).toBe("1.1.0");
    expect(stoppedByHand(first)).toBe(first);
    expect(stoppedByHand(fresh)).toEqual(fresh);
  });

  test("keeps what is confirmed, and can still be taken back by hand, once", () => {
    const kept = confirmed(start(fresh), 9);
    expect(kept).toMatchObject({ current: "1.1.0", previous: "1.0.0", trial: null });
    const back = takenBack(kept, "root", 10);
    expect(back).toMatchObject({ current: "1.0.0", previous: null, last: { why: "root" } });
    expect(takenBack(back, "root", 11)).toMatchObject({ current: "1.0.0", previous: null });
  });

  test("ends a trial of which there is no way back: it would begin anew for ever", () => {
    let state: ReleaseState = { ...fresh, previous: null };
    for (let count = 0; count <= STARTS_MAX; count++) state = start(state);
    expect(state).toMatchObject({ current: "1.1.0", previous: null, trial: null });
  });

  test.each(["", "{}", "null", "[]", '{"format":2,"current":"1.0.0","previous":null}', "1.0.0"])(
    "is not what %j says",
    (text) => expect(parseState(text)).toBeNull(),
  );
  test("is read as it was written, and names nothing outside its folder", () => {
    expect(parseState(JSON.stringify(fresh))).toEqual(fresh);
    expect(parseState(JSON.stringify({ ...fresh, current: "../1.0.0" }))).toBeNull();
  });
});

const manifest = (version: string, more: Partial<Manifest> = {}) =>
  ({ version, node: "22.14", bufferSchema: 6, ...more }) as Manifest;
const here = { version: "1.2.3", bufferSchema: 6, node: "24.21.0" };

test.each<[Manifest, string | null]>([
  [manifest("1.2.4"), null],
  [manifest("1.10.0"), null],
  [manifest("2.0.0"), null],
  [manifest("1.2.3"), "installed already"],
  [manifest("1.2.2"), "older than 1.2.3"],
  [manifest("0.99.99"), "older than 1.2.3"],
  [manifest("1.2.4", { node: "26.0" }), "needs Node 26.0"],
  [manifest("1.2.4", { bufferSchema: 7 }), "could not read the buffer of 1.2.4"],
  [manifest("1.2.4", { bufferSchema: 5 }), null],
])("%o over 1.2.3: %s", (next, said) => {
  const refusal = refusalOf(next, here);
  if (said === null) expect(refusal).toBeNull();
  else expect(refusal).toContain(said);
});

test("the first version may be any, and versions are compared as numbers", () => {
  expect(refusalOf(manifest("0.0.1"), { ...here, version: null })).toBeNull();
  expect(compareVersions("1.9.0", "1.10.0")).toBeLessThan(0);
  expect(compareVersions("10.0.0", "9.9.9")).toBeGreaterThan(0);
  expect(compareVersions("1.2.3", "1.2.3")).toBe(0);
});
