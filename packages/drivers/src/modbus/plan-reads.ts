import { isBitTable, type Table } from "./request.ts";

/** What one point needs: its place, and its index in the caller's list. */
export interface Wanted {
  readonly index: number;
  readonly table: Table;
  readonly from: number;
  readonly count: number;
}

/** What one device takes in one request. */
export interface ReadLimits {
  readonly maxRegisters: number;
  readonly maxBits: number;
  /** Unwanted addresses read along to save a request. */
  readonly maxGap: number;
  readonly isOneRequestPerPoint: boolean;
}

/** Adjoining addresses read in one exchange, for the points in `wanted`, ascending. */
export interface ReadRequest {
  readonly table: Table;
  readonly from: number;
  readonly count: number;
  readonly wanted: readonly Wanted[];
}

/** Addresses that no request may reach across: from `from` up to, not including, `to`. */
export interface Barrier {
  readonly table: Table;
  readonly from: number;
  /** Equal to `from` for a mere boundary between two addresses. */
  readonly to: number;
}

/**
 * The fewest requests for the points of one device. A point is never torn across two. Whatever
 * else a request for the leftmost point may hold, one that takes all it reaches holds too: so
 * taking all, from left to right, is best.
 */
export function planReads(
  wanted: readonly Wanted[],
  limits: ReadLimits,
  barriers: readonly Barrier[] = [],
): ReadRequest[] {
  const tables = Map.groupBy(wanted, ({ table }) => table);
  return [...tables].flatMap(([table, points]) => {
    const countMax = isBitTable(table) ? limits.maxBits : limits.maxRegisters;
    const own = barriers.filter((barrier) => barrier.table === table);
    return merge(points, { ...limits, countMax, barriers: own });
  });
}

interface TableLimits extends ReadLimits {
  readonly countMax: number;
  readonly barriers: readonly Barrier[];
}

function merge(points: readonly Wanted[], limits: TableLimits): ReadRequest[] {
  let left: readonly Wanted[] = [...points].sort((a, b) => a.from - b.from || a.count - b.count);
  if (limits.isOneRequestPerPoint) return left.map((point) => requestFor([point]));
  const requests: ReadRequest[] = [];
  while (left.length > 0) {
    const { group, over, rest } = reach(left, limits);
    requests.push(requestFor(group));
    left = over.length > 0 ? [...over, ...rest] : rest;
  }
  return requests;
}

/** What one request takes that begins at the first point; `over` it had to leave in between. */
function reach(points: readonly Wanted[], limits: TableLimits) {
  const [first] = points as readonly [Wanted];
  const group = [first];
  const over: Wanted[] = [];
  const span = { from: first.from, end: first.from + first.count };
  const fromMax = span.from + limits.countMax;
  let index = 1;
  for (; index < points.length; index++) {
    const point = points[index] as Wanted;
    if (point.from >= fromMax || point.from - span.end > limits.maxGap) break;
    if (isJoining(span, point, limits)) {
      group.push(point);
      span.end = Math.max(span.end, point.from + point.count);
    } else over.push(point);
  }
  return { group, over, rest: points.slice(index) };
}

function isJoining(
  { from, end }: { from: number; end: number },
  point: Wanted,
  limits: TableLimits,
): boolean {
  const joinedEnd = Math.max(end, point.from + point.count);
  if (joinedEnd - from > limits.countMax) return false;
  return !limits.barriers.some((barrier) => isCrossing(barrier, from, joinedEnd));
}

/** Whether a request from `from` up to `end` would reach across. */
export function isCrossing(barrier: Barrier, from: number, end: number): boolean {
  return barrier.from < end && from < barrier.to;
}

/** The smallest request that covers ascending points of one table. */
export function requestFor(wanted: readonly Wanted[]): ReadRequest {
  const first = wanted[0] as Wanted;
  return { table: first.table, from: first.from, count: endOf(wanted) - first.from, wanted };
}

function endOf(wanted: readonly Wanted[]): number {
  return wanted.reduce((end, { from, count }) => Math.max(end, from + count), 0);
}

/**
 * Two halves of a refused request, cut at its widest gap, else in its middle. Points that overlap
 * may be cut apart too: what they share is then read twice. Null if all points are one place.
 */
export function splitRequest({ wanted }: ReadRequest): [ReadRequest, ReadRequest] | null {
  let best = 0;
  let bestScore = Number.NEGATIVE_INFINITY;
  let end = 0;
  for (let index = 1; index < wanted.length; index++) {
    const before = wanted[index - 1] as Wanted;
    const point = wanted[index] as Wanted;
    end = Math.max(end, before.from + before.count);
    if (before.from === point.from && before.count === point.count) continue;
    // Below 1, so that it decides among equal gaps only.
    const middling = 1 - Math.abs(2 * index - wanted.length) / wanted.length;
    const score = point.from - end + middling;
    if (score > bestScore) [best, bestScore] = [index, score];
  }
  if (best === 0) return null;
  return [requestFor(wanted.slice(0, best)), requestFor(wanted.slice(best))];
}
