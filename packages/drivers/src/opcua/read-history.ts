import { Refused, type Sample } from "@headgate/model";
import {
  coerceNodeId,
  type DataValue,
  type HistoryData,
  HistoryReadRequest,
  type HistoryReadResult,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from "node-opcua-client";
import { groupSpans, type Span, type SpanGroup } from "./group-spans.ts";
import type { Link } from "./link.ts";
import { indexedNodeId } from "./node-address.ts";
import { sampleOf } from "./sample-of.ts";
import type { ServerFacts } from "./server-facts.ts";

/** Values of one node in one answer, and so of all nodes together, at most. */
const valuesPerNode = 500;
/** A server looks its history up on a disk: that may take longer than a live answer. */
const answerMs = 60_000;

/** What history is read with. */
export interface HistoryOptions {
  readonly link: Link;
  readonly facts: ServerFacts;
  readonly signal: AbortSignal;
}

/** What a server says that has no room for it just now, or cannot look: not that there is none. */
const passing =
  /^Bad(NoContinuationPoints|ContinuationPointInvalid|TooManyOperations|Timeout|ResourceUn|OutOf)/;

interface Cursor {
  readonly span: Span;
  readonly nodeId: string;
  continuationPoint: Buffer | null;
  last: Sample | undefined;
  /** Why the server gave no more of it, though there may be. */
  trouble: string | null;
}

/**
 * What the server recorded in these spans, a page for each answer. Rejects with `Refused` if the
 * server cannot tell now: what came until then need not be asked for again.
 */
export async function* readHistory(
  spans: readonly Span[],
  options: HistoryOptions,
): AsyncGenerator<readonly Sample[]> {
  const { facts, signal } = options;
  const left: Span[] = [];
  for (const group of groupSpans(spans, facts.nodesPerHistory)) {
    for (const { span } of yield* readGroup(group, options)) left.push(span);
    if (signal.aborted) return;
  }
  // A server with room for few answers at a time has it for one.
  const refused: string[] = [];
  for (const span of left) {
    const { fromMs, toMs } = span;
    const again = yield* readGroup({ spans: [span], fromMs, toMs }, options);
    refused.push(...again.map(({ trouble }) => `"${span.point.id}": ${trouble}`));
    if (signal.aborted) return;
  }
  const [first] = refused;
  if (first === undefined) return;
  throw new Refused(`read history: the server refuses it of ${refused.length} points, ${first}`);
}

/** Returns what is to be asked for again, from where it came to, with what was in the way. */
async function* readGroup(group: SpanGroup, options: HistoryOptions) {
  const { namespaceUris } = options.facts;
  const all: Cursor[] = group.spans.flatMap((span) => {
    const nodeId = indexedNodeId(span.point.address.address, namespaceUris);
    if (!nodeId) return [];
    return [{ span, nodeId, continuationPoint: null, last: undefined, trouble: null }];
  });
  let open = all;
  try {
    while (open.length > 0 && !options.signal.aborted) {
      const results = await ask(open, { group, isRelease: false, ...options });
      const page = open.flatMap((cursor, index) => take(cursor, results[index], options.link));
      open = open.filter(({ continuationPoint }) => continuationPoint !== null);
      if (page.length > 0) yield page;
    }
  } finally {
    // Left half way: the server need not remember where it was.
    const left = open.filter(({ continuationPoint }) => continuationPoint !== null);
    if (left.length > 0 && !options.link.lost.aborted) {
      const never = new AbortController().signal;
      await ask(left, { group, isRelease: true, ...options, signal: never });
    }
  }
  return all.flatMap(({ span, last, trouble }) => {
    if (trouble === null) return [];
    return [{ trouble, span: { ...span, fromMs: last?.timestampMs ?? span.fromMs } }];
  });
}

interface Question extends HistoryOptions {
  readonly group: SpanGroup;
  readonly isRelease: boolean;
}

async function ask(cursors: readonly Cursor[], question: Question): Promise<HistoryReadResult[]> {
  const { link, group, isRelease, signal } = question;
  const request = new HistoryReadRequest({
    requestHeader: { timeoutHint: answerMs },
    historyReadDetails: new ReadRawModifiedDetails({
      isReadModified: false,
      startTime: new Date(group.fromMs),
      endTime: new Date(group.toMs),
      numValuesPerNode: valuesPerNode,
      returnBounds: false,
    }),
    timestampsToReturn: TimestampsToReturn.Both,
    releaseContinuationPoints: isRelease,
    nodesToRead: cursors.map(({ nodeId, continuationPoint }) => ({
      nodeId: coerceNodeId(nodeId),
      ...(continuationPoint ? { continuationPoint } : {}),
    })),
  });
  const options = { signal, timeoutMs: answerMs, isSparing: true };
  const answer = await link.ask("read history", () => link.session.historyRead(request), options);
  return answer.results ?? [];
}

/** The samples of one node's answer that lie in its span; notes where the answer ended. */
function take(cursor: Cursor, result: HistoryReadResult | undefined, link: Link): Sample[] {
  const { span } = cursor;
  const point = result?.continuationPoint;
  cursor.continuationPoint = point && point.length > 0 ? point : null;
  if (!result || result.statusCode.isBad()) {
    cursor.continuationPoint = null;
    const reason = result?.statusCode.name ?? "no answer";
    if (!result || passing.test(reason)) {
      cursor.trouble = reason;
      return [];
    }
    link.context.log.warn("the server gives no history", { point: span.point.id, reason });
    return [];
  }
  const values = (result.historyData as HistoryData | null)?.dataValues ?? [];
  return values.flatMap((value) => {
    const sample = recorded(span, value, link);
    if (!sample || isAgain(sample, cursor.last)) return [];
    cursor.last = sample;
    return [sample];
  });
}

/** Without a time of the server's own it is nothing recorded: a bound that was not found. */
function recorded({ point, fromMs, toMs }: Span, value: DataValue, link: Link): Sample | null {
  const sample = sampleOf(point, value, link.context.clock.nowMs());
  const { timestampMs, isDeviceTime } = sample;
  return isDeviceTime && fromMs < timestampMs && timestampMs < toMs ? sample : null;
}

/** A page may begin with what the page before it ended with. */
function isAgain(sample: Sample, last: Sample | undefined): boolean {
  if (!last || sample.timestampMs > last.timestampMs) return false;
  return sample.timestampMs < last.timestampMs || Object.is(sample.value, last.value);
}
