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

/** Merges the points of one device into few requests. A point is never torn across two. */
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
  const sorted = [...points].sort((a, b) => a.from - b.from || a.count - b.count);
  const requests: ReadRequest[] = [];
  let group: Wanted[] = [];
  for (const point of sorted) {
    if (group.length > 0 && !isJoining(group, point, limits)) {
      requests.push(requestFor(group));
      group = [];
    }
    group.push(point);
  }
  if (group.length > 0) requests.push(requestFor(group));
  return requests;
}

function isJoining(group: readonly Wanted[], point: Wanted, limits: TableLimits): boolean {
  if (limits.isOneRequestPerPoint) return false;
  const from = group[0]?.from ?? 0;
  const end = endOf(group);
  const joinedEnd = Math.max(end, point.from + point.count);
  if (point.from - end > limits.maxGap) return false;
  if (joinedEnd - from > limits.countMax) return false;
  return !limits.barriers.some((barrier) => isCrossing(barrier, from, joinedEnd));
}

function isCrossing(barrier: Barrier, from: number, end: number): boolean {
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
