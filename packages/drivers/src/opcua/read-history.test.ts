import { Refused, type Sample, silentLog, systemClock } from "@headgate/model";
import { type HistoryReadRequest, StatusCodes } from "node-opcua-client";
import { describe, expect, it } from "vitest";
import type { Link } from "./link.ts";
import { readHistory } from "./read-history.ts";
import type { ServerFacts } from "./server-facts.ts";
import { addressSchema } from "./settings.ts";

const { signal } = new AbortController();
const BASE = Date.UTC(2026, 0, 1);
const VALUES = 10;
const PAGE = 4;

type Ask = (request: HistoryReadRequest) => void;

/** A server with room for so many continuation points; each node has a value each second. */
function serverOf(roomMax: number, before: Ask = () => {}) {
  const points = new Map<string, number>();
  let last = 0;
  const readOne = (from: number) => {
    const dataValues = Array.from({ length: Math.min(PAGE, VALUES - from) }, (_, index) => ({
      value: { dataType: 6, arrayType: 0, value: from + index },
      statusCode: StatusCodes.Good,
      sourceTimestamp: new Date(BASE + (from + index + 1) * 1000),
    }));
    const isMore = from + PAGE < VALUES;
    if (isMore && points.size >= roomMax) {
      return { statusCode: StatusCodes.BadNoContinuationPoints };
    }
    const continuationPoint = isMore ? Buffer.from(String(++last)) : null;
    if (continuationPoint) points.set(continuationPoint.toString(), from + PAGE);
    return { statusCode: StatusCodes.Good, continuationPoint, historyData: { dataValues } };
  };
  const historyRead = async (request: HistoryReadRequest) => {
    before(request);
    const { startTime } = request.historyReadDetails as unknown as { startTime: Date };
    const results = (request.nodesToRead ?? []).map(({ continuationPoint }) => {
      const key = continuationPoint?.toString() ?? "";
      const from = points.get(key) ?? Math.round((startTime.getTime() - BASE) / 1000);
      points.delete(key);
      if (request.releaseContinuationPoints) return { statusCode: StatusCodes.Good };
      return readOne(from);
    });
    return { results };
  };
  const ending = new AbortController();
  const link = {
    session: { historyRead },
    lost: ending.signal,
    context: { clock: systemClock, log: silentLog, signal, directory: "" },
    ask: (_what: string, request: () => Promise<unknown>) => request(),
  } as unknown as Link;
  return { link, openPoints: points };
}

const facts = { namespaceUris: [], nodesPerHistory: 20 } as unknown as ServerFacts;
const spanOf = (name: string) => {
  const address = addressSchema.parse({ address: `ns=0;s=${name}` });
  const point = { id: name, address, device: { history: true } };
  return { point, fromMs: BASE, toMs: BASE + 60_000 };
};

async function fetch(link: Link, names: readonly string[]) {
  const samples: Sample[] = [];
  for await (const page of readHistory(names.map(spanOf), { link, facts, signal })) {
    samples.push(...page);
  }
  return Map.groupBy(samples, ({ pointId }) => pointId);
}

describe("the history of a server", () => {
  it("is whole, no value twice, also where it has room for one answer at a time", async () => {
    const names = ["a", "b", "c"];
    for (const roomMax of [1, 2, 20]) {
      const { link, openPoints } = serverOf(roomMax);
      const byPoint = await fetch(link, names);
      for (const name of names) {
        const values = byPoint.get(name)?.map(({ value }) => value);
        expect(values).toEqual(Array.from({ length: VALUES }, (_, index) => index));
      }
      expect(openPoints.size).toBe(0);
    }
  });

  it("is refused where the server cannot tell now, and given up where there is none", async () => {
    await expect(fetch(serverOf(0).link, ["a"])).rejects.toThrow(Refused);
    const { link } = serverOf(1);
    const none = { statusCode: StatusCodes.BadHistoryOperationUnsupported };
    link.session.historyRead = (async () => ({ results: [none] })) as never;
    expect((await fetch(link, ["a"])).size).toBe(0);
  });
});
