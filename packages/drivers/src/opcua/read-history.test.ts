import { Refused, type Sample, silentLog, systemClock } from "@headgate/model";
import { type HistoryReadRequest, HistoryReadResponse, StatusCodes } from "node-opcua-client";
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
  const historyRead: HistoryRead = (request) => {
    before(request);
    const { startTime } = request.historyReadDetails as unknown as { startTime: Date };
    const results = (request.nodesToRead ?? []).map(({ continuationPoint }) => {
      const key = continuationPoint?.toString() ?? "";
      const from = points.get(key) ?? Math.round((startTime.getTime() - BASE) / 1000);
      points.delete(key);
      if (request.releaseContinuationPoints) return { statusCode: StatusCodes.Good };
      return readOne(from);
    });
    return results;
  };
  return { ...linkTo(historyRead), openPoints: points };
}

type HistoryRead = (request: HistoryReadRequest) => readonly object[];

function linkTo(historyRead: HistoryRead) {
  const performMessageTransaction = (
    request: HistoryReadRequest,
    done: (error: null, answer: HistoryReadResponse) => void,
  ) => {
    const results = historyRead(request);
    setImmediate(() => done(null, Object.assign(new HistoryReadResponse({}), { results })));
  };
  const ending = new AbortController();
  const link = {
    session: { performMessageTransaction },
    lost: ending.signal,
    context: { clock: systemClock, log: silentLog, signal, directory: "" },
    ask: (_what: string, request: () => Promise<unknown>) => request(),
  } as unknown as Link;
  return { link };
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
    const none = { statusCode: StatusCodes.BadHistoryOperationUnsupported };
    expect((await fetch(linkTo(() => [none]).link, ["a"])).size).toBe(0);
  });

  it("is never another point's, where the server answers for fewer than it was asked", async () => {
    const asked: number[] = [];
    const { link } = linkTo(({ nodesToRead }) => {
      const nodes = nodesToRead ?? [];
      asked.push(nodes.length);
      const all = nodes.map(({ nodeId }) => pageOf([nodeId.value === "a" ? 1 : 2], false));
      return nodes.length > 1 ? all.slice(1) : all;
    });
    const byPoint = await fetch(link, ["a", "b"]);
    expect(byPoint.get("a")?.map(({ value }) => value)).toEqual([1]);
    expect(byPoint.get("b")?.map(({ value }) => value)).toEqual([2]);
    expect(asked).toEqual([2, 1, 1]);
  });

  it("that goes round in circles is left, and its place given back", async () => {
    let released = 0;
    let asked = 0;
    const { link } = linkTo(({ nodesToRead, releaseContinuationPoints }) => {
      if (releaseContinuationPoints) {
        released++;
        return [{ statusCode: StatusCodes.Good }];
      }
      asked++;
      return (nodesToRead ?? []).map(() => pageOf([1, 2, 3]));
    });
    const pages = fetch(link, ["a"]);
    await expect(pages).rejects.toThrow(/"a": 100 pages in a row without a later value/);
    await expect(pages).rejects.toThrow(Refused);
    expect([asked, released]).toEqual([101, 1]);
  });

  it("that is longer than one look is told so, from where it came to", async () => {
    let second = 0;
    let released = 0;
    const { link } = linkTo(({ nodesToRead, releaseContinuationPoints }) => {
      if (releaseContinuationPoints) released++;
      second += 0.02;
      return (nodesToRead ?? []).map(() => pageOf([second]));
    });
    const samples: Sample[] = [];
    const look = async () => {
      for await (const page of readHistory([spanOf("a")], { link, facts, signal })) {
        samples.push(...page);
      }
    };
    await expect(look()).rejects.toThrow(/it has more than one look may bring/);
    expect(samples).toHaveLength(2_000);
    expect(released).toBe(1);
  });

  it("is in order, also where a page is not", async () => {
    const { link } = linkTo(() => [pageOf([3, 1, 2], false)]);
    const samples = (await fetch(link, ["a"])).get("a");
    expect(samples?.map(({ value }) => value)).toEqual([1, 2, 3]);
  });
});

/** Values at these seconds, and a promise of more, or none. */
function pageOf(seconds: readonly number[], isMore = true) {
  const dataValues = seconds.map((second) => ({
    value: { dataType: 11, arrayType: 0, value: second },
    statusCode: StatusCodes.Good,
    sourceTimestamp: new Date(BASE + second * 1000),
  }));
  const continuationPoint = isMore ? Buffer.from("on") : null;
  return { statusCode: StatusCodes.Good, continuationPoint, historyData: { dataValues } };
}
