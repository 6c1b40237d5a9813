import { EventEmitter } from "node:events";
import { Refused, silentLog, systemClock, Unreachable } from "@headgate/model";
import { type StatusCode, StatusCodes, WriteRequest, WriteResponse } from "node-opcua-client";
import { describe, expect, it } from "vitest";
import { effectOf } from "./effect-of.ts";
import { Link } from "./link.ts";
import { configSchema } from "./settings.ts";

type Done = (error: Error | null, answer?: object) => void;

/** What becomes of a write whose request is answered so. */
async function outcome(answer: (done: Done) => void) {
  const session = Object.assign(new EventEmitter(), {
    performMessageTransaction: (_request: object, done: Done) => answer(done),
  });
  const link = new Link({
    client: new EventEmitter() as never,
    session: session as never,
    config: configSchema.parse({ endpoint: "opc.tcp://localhost:4840" }),
    context: {
      clock: systemClock,
      log: silentLog,
      signal: new AbortController().signal,
      directory: "",
    },
  });
  const question = { what: "write", request: new WriteRequest({}), kind: WriteResponse };
  const status = await effectOf(link, question).then(
    ({ name }) => name,
    (error: unknown) => error,
  );
  return { status, isLost: link.lost.aborted };
}

const results = (...statuses: StatusCode[]) => new WriteResponse({ results: statuses });
const fault = (serviceResult: StatusCode) =>
  Object.assign(new Error("fault"), { response: { responseHeader: { serviceResult } } });

describe("what became of a write", () => {
  it("is what its one status says", async () => {
    expect(await outcome((done) => done(null, results(StatusCodes.Good)))).toEqual({
      status: "Good",
      isLost: false,
    });
  });

  it("nobody knows where there are more statuses or none, or a server is in trouble", async () => {
    const { Good, BadTimeout, BadInternalError, BadOperationAbandoned } = StatusCodes;
    const answers: ((done: Done) => void)[] = [
      (done) => done(null, results()),
      (done) => done(null, results(Good, Good)),
      ...[BadTimeout, BadInternalError, BadOperationAbandoned].map(
        (status) => (done: Done) => done(fault(status)),
      ),
    ];
    for (const answer of answers) {
      const { status, isLost } = await outcome(answer);
      expect(status).toBeInstanceOf(Unreachable);
      expect(isLost).toBe(false);
    }
  });

  it("is nothing where the request is refused as a whole", async () => {
    const { status, isLost } = await outcome((done) =>
      done(fault(StatusCodes.BadUserAccessDenied)),
    );
    expect(status).toBeInstanceOf(Refused);
    expect(isLost).toBe(false);
  });

  it("nobody knows where the session ends over it, or another answer comes", async () => {
    const ends = [
      (done: Done) => done(fault(StatusCodes.BadSessionClosed)),
      (done: Done) => done(null, new EventEmitter()),
    ];
    for (const end of ends) {
      const { status, isLost } = await outcome(end);
      expect(status).toBeInstanceOf(Unreachable);
      expect(isLost).toBe(true);
    }
  });
});
