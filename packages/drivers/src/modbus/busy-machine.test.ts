import type { Clock } from "@headgate/model";
import { SimClock } from "@headgate/model/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { loadClient } from "./client.ts";
import { Line } from "./line.ts";
import { readRequest, writeRegisters } from "./request.ts";
import { TcpPort } from "./tcp-port.ts";

const TIMEOUT_MS = 200;
/** The machine does something else for so long, and looks at its timers first then. */
const BUSY_MS = 300;
const { signal } = new AbortController();
const READ = readRequest({ unitId: 1, table: "holding", from: 5, count: 1 });
const WRITE = writeRegisters(1, 5, Buffer.from([0, 7]));

describe("a machine that was busy when a request's time was up", () => {
  let sim: SimClock;
  let lateMs: number;
  let line: Line;
  /** What is there by then, in the order that it is looked at. */
  let come: Buffer | null;

  beforeEach(async () => {
    sim = new SimClock();
    lateMs = BUSY_MS;
    come = null;
    let hear: (bytes: Buffer) => void = () => {};
    const clock: Clock = {
      nowMs: sim.nowMs,
      monotonicMs: sim.monotonicMs,
      sleep: (ms, ended) => {
        const atMs = ms + lateMs;
        lateMs = 0;
        const slept = sim.sleep(atMs, ended);
        // Sockets are looked at after timers.
        void sim.sleep(atMs, signal).then(() => come && hear(come));
        return slept;
      },
    };
    const wire = {
      write: () => {},
      listen: (onBytes: (bytes: Buffer) => void) => {
        hear = onBytes;
      },
      destroy: () => {},
    };
    const port = new TcpPort({ wire, clock, pauseMs: 0 });
    line = new Line({ port, client: (await loadClient())(port), clock });
  });

  it("takes the answer to a read that is there", async () => {
    const reply = line.exchange(READ, TIMEOUT_MS);
    come = Buffer.from([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 9]);
    await sim.advance(1000);
    expect(await reply).toEqual({ kind: "answer", bytes: Buffer.from([0, 9]) });
  });

  it("does not tell of a write that is answered that its outcome is unknown", async () => {
    const reply = line.exchange(WRITE, TIMEOUT_MS);
    come = Buffer.from([0, 1, 0, 0, 0, 6, 1, 6, 0, 5, 0, 7]);
    await sim.advance(1000);
    expect(await reply).toMatchObject({ kind: "answer" });
  });

  it("waits no longer for one that is not, and takes none of it for the next", async () => {
    const reply = line.exchange(READ, TIMEOUT_MS);
    await sim.advance(TIMEOUT_MS + BUSY_MS + 20);
    expect(await reply).toEqual({ kind: "silence" });
    const next = line.exchange(READ, TIMEOUT_MS);
    come = Buffer.from([0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 9]);
    await sim.advance(1000);
    expect(await next).toEqual({ kind: "silence" });
  });

  it("is told of a line that is lost meanwhile", async () => {
    const reply = line.exchange(READ, TIMEOUT_MS);
    const told = expect(reply).rejects.toThrow("the gateway stops");
    await sim.advance(TIMEOUT_MS + BUSY_MS);
    line.endWith(AbortSignal.abort());
    await told;
  });
});
