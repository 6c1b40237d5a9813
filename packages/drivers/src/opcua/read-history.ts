import { Refused, type Sample } from "@headgate/model";
import {
  coerceNodeId,
  type DataValue,
  type HistoryData,
  HistoryReadRequest,
  HistoryReadResponse,
  type HistoryReadResult,
  ReadRawModifiedDetails,
  TimestampsToReturn,
} from "node-opcua-client";
import { exchange } from "./exchange.ts";
import { groupSpans, type Span, type SpanGroup } from "./group-spans.ts";
import type { Link } from "./link.ts";
import { indexedNodeId } from "./node-address.ts";
import { sampleOf } from "./sample-of.ts";
import type { ServerFacts } from "./server-facts.ts";

/** Values of one node in one answer, and so of all nodes together, at most. */
const valuesPerNode = 500;
/** A server looks its history up on a disk: that may take longer than a live answer. */
const answerMs = 60_000;
/** Pages in a row without a later time: the server goes round in circles. */
const idlePagesMax = 100;
/** One look takes no more, and no longer: the rest is asked for again from where it came to. */
const pagesMax = 2_000;
const lookMsMax = 600_000;

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
  /** The latest time that any page brought, and the pages since. */
  latestMs: number;
  idleCount: number;
  /** Why the server gave no more of it, though there may be. */
  trouble: string | null;
  /** The trouble may be that it was asked of several nodes at a time. */
  isCrowded: boolean;
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
  const crowded: Span[] = [];
  const refused: string[] = [];
  const refuse = ({ span, trouble }: Left) => refused.push(`"${span.point.id}": ${trouble}`);
  for (const group of groupSpans(spans, facts.nodesPerHistory)) {
    for (const left of yield* readGroup(group, options)) {
      if (left.isCrowded) crowded.push(left.span);
      else refuse(left);
    }
    if (signal.aborted) return;
  }
  // A server with room for few answers at a time has it for one.
  for (const span of crowded) {
    const { fromMs, toMs } = span;
    for (const left of yield* readGroup({ spans: [span], fromMs, toMs }, options)) refuse(left);
    if (signal.aborted) return;
  }
  const [first] = refused;
  if (first === undefined) return;
  throw new Refused(`read history: the server refuses it of ${refused.length} points, ${first}`);
}

/** What is to be asked for again, from where it came to, and what was in the way. */
interface Left extends Pick<Cursor, "span" | "isCrowded"> {
  readonly trouble: string;
}

async function* readGroup(
  group: SpanGroup,
  options: HistoryOptions,
): AsyncGenerator<readonly Sample[], Left[]> {
  const { link, signal, facts } = options;
  const { clock } = link.context;
  const endMs = clock.monotonicMs() + lookMsMax;
  const all = group.spans.flatMap((span) => cursorOf(span, facts.namespaceUris));
  let open = all;
  try {
    for (let pages = 1; open.length > 0 && !signal.aborted; pages++) {
      const results = await ask(open, { group, isRelease: false, ...options });
      const page = open.flatMap((cursor, index) => take(cursor, results[index], link));
      const isLong = pages >= pagesMax || clock.monotonicMs() > endMs;
      for (const cursor of open) noteEndless(cursor, isLong);
      open = open.filter(({ continuationPoint, trouble }) => continuationPoint && !trouble);
      if (page.length > 0) yield page;
    }
  } finally {
    await release(all, group, options);
  }
  return all.flatMap(({ span, last, trouble, isCrowded }) => {
    if (trouble === null) return [];
    return [{ trouble, isCrowded, span: { ...span, fromMs: last?.timestampMs ?? span.fromMs } }];
  });
}

/** None where the server has no such namespace. */
function cursorOf(span: Span, namespaceUris: readonly string[]): Cursor[] {
  const nodeId = indexedNodeId(span.point.address.address, namespaceUris);
  if (!nodeId) return [];
  const begin = { continuationPoint: null, last: undefined, latestMs: 0, idleCount: 0 };
  return [{ span, nodeId, ...begin, trouble: null, isCrowded: false }];
}

/** Whatever a server says, its history comes to an end. */
function noteEndless(cursor: Cursor, isLong: boolean): void {
  if (cursor.continuationPoint === null || cursor.trouble !== null) return;
  if (cursor.idleCount >= idlePagesMax) {
    cursor.trouble = `${cursor.idleCount} pages in a row without a later value`;
  } else if (isLong) cursor.trouble = "it has more than one look may bring";
}

/** Left half way: the server need not remember where it was. */
async function release(
  all: readonly Cursor[],
  group: SpanGroup,
  options: HistoryOptions,
): Promise<void> {
  const { lost, context } = options.link;
  const left = all.filter(({ continuationPoint }) => continuationPoint !== null);
  if (left.length === 0 || lost.aborted) return;
  try {
    const never = new AbortController().signal;
    await ask(left, { group, isRelease: true, ...options, signal: never });
  } catch (error) {
    // It forgets by itself, later.
    context.log.debug("a place in a history was not given back", { error });
  }
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
  const what = "read history";
  const options = { what, request, kind: HistoryReadResponse, signal };
  const answer = await exchange(link, { ...options, timeoutMs: answerMs, isSparing: true });
  const results = answer.results ?? [];
  // Which of them is whose nobody knows.
  if (results.length !== cursors.length) return [];
  if (cursors.some(({ span }) => span.point.address.field)) {
    await link.structures.lookInto(results.flatMap(valuesIn));
  }
  return results;
}

function valuesIn({ historyData }: HistoryReadResult): readonly DataValue[] {
  return (historyData as HistoryData | null)?.dataValues ?? [];
}

/** The samples of one node's answer that lie in its span; notes where the answer ended. */
function take(cursor: Cursor, result: HistoryReadResult | undefined, link: Link): Sample[] {
  const { span } = cursor;
  const point = result?.continuationPoint;
  cursor.continuationPoint = point && point.length > 0 ? point : null;
  if (!result || result.statusCode.isBad()) {
    cursor.continuationPoint = null;
    const reason = result?.statusCode.name ?? "no answer of its own";
    if (!result || passing.test(reason)) {
      cursor.trouble = reason;
      cursor.isCrowded = true;
      return [];
    }
    link.context.log.warn("the server gives no history", { point: span.point.id, reason });
    return [];
  }
  const nowMs = link.context.clock.nowMs();
  const samples = valuesIn(result)
    .map((value) => sampleOf(span.point, value, nowMs))
    // Without a time of the server's own it is nothing recorded: a bound that was not found.
    .filter(({ isDeviceTime }) => isDeviceTime)
    .toSorted((one, other) => one.timestampMs - other.timestampMs);
  const latestMs = samples.at(-1)?.timestampMs ?? 0;
  cursor.idleCount = latestMs > cursor.latestMs ? 0 : cursor.idleCount + 1;
  cursor.latestMs = Math.max(cursor.latestMs, latestMs);
  return samples.filter((sample) => {
    if (!isIn(span, sample) || isAgain(sample, cursor.last)) return false;
    cursor.last = sample;
    return true;
  });
}

function isIn({ fromMs, toMs }: Span, { timestampMs }: Sample): boolean {
  return fromMs < timestampMs && timestampMs < toMs;
}

/** A page may begin with what the page before it ended with. */
function isAgain(sample: Sample, last: Sample | undefined): boolean {
  if (!last || sample.timestampMs > last.timestampMs) return false;
  return sample.timestampMs < last.timestampMs || Object.is(sample.value, last.value);
}
