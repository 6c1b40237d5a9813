import { Unreachable } from "@headgate/model";
import {
  callMeters,
  type FindScope,
  identifyAll,
  type Looks,
  lookAtUnits,
  openSearch,
  type SearchedLine,
} from "./find-on-line.ts";
import type { FoundDevice } from "./found-device.ts";
import {
  estimateMs,
  lookCount,
  type Pass,
  passesLeft,
  planPasses,
  type SearchWish,
  withCalls,
} from "./search-plan.ts";

/** A serial line in each of the settings it may have. */
export interface SerialWish extends SearchWish<SearchedLine> {
  /** The same of protocols whose meters are called, all at once. */
  readonly calls: readonly SearchedLine[];
  /** How long one look at an absent unit takes. */
  readonly lookMs: (line: SearchedLine) => number;
  /** Goes on with the other settings once devices were found with one. */
  readonly isAll: boolean;
  /** Ends the looking once so many are found. */
  readonly countMax: number;
}

/**
 * Looks for devices on one serial line, whose settings need not be known. Until all ids are asked,
 * or `signal` aborts; what was found by then was told. Rejects if the port cannot be used.
 */
export async function findOnSerial(wish: SerialWish, scope: FindScope): Promise<void> {
  const { lookMs, isAll, countMax, calls, settings } = wish;
  const { context, emit } = scope;
  const { signal } = context;
  let passes: readonly Pass<SearchedLine>[] = withCalls(planPasses(wish), {
    calls,
    firstCount: settings.length,
  });
  const counts = { done: 0 };
  emit({ kind: "plan", lookCount: lookCount(passes), estimateMs: estimateMs(passes, lookMs) });
  const byLine = new Map<SearchedLine, FoundDevice[]>();
  const garbled = new Set<SearchedLine>();
  const foundCount = () => [...byLine.values()].reduce((sum, { length }) => sum + length, 0);
  while (passes.length > 0 && !signal.aborted && foundCount() < countMax) {
    const [pass, ...rest] = passes as [Pass<SearchedLine>, ...Pass<SearchedLine>[]];
    const { setting: line } = pass;
    try {
      const looks = await runPass(pass, { scope, rest, lookMs, counts });
      if (looks.found.length > 0) {
        byLine.set(line, [...(byLine.get(line) ?? []), ...looks.found]);
      } else if (looks.isGarbled) garbled.add(line);
    } catch (error) {
      if (!(error instanceof Unreachable && signal.aborted)) throw error;
    }
    const foundWith = byLine.has(line) && !pass.isCall ? line : null;
    passes = passesLeft(garbled.has(line) ? without(rest, line) : rest, { foundWith, isAll });
  }
  for (const line of garbled) {
    const hint = "another speed or parity, or two devices of one id";
    emit({ kind: "note", text: `${line.name}: something answers, but never whole: ${hint}` });
  }
  await identifyOnEach(byLine, scope, { doneCount: counts.done });
}

interface PassScope {
  readonly scope: FindScope;
  readonly rest: readonly Pass<SearchedLine>[];
  readonly lookMs: SerialWish["lookMs"];
  readonly counts: { done: number };
}

async function runPass(
  { setting: line, unitIds, isCall }: Pass<SearchedLine>,
  { scope, rest, lookMs, counts }: PassScope,
): Promise<Looks> {
  const restMs = estimateMs(rest, lookMs);
  const onLook = (unitId: number | null, leftCount: number) => {
    const leftMs = restMs + leftCount * lookMs(line);
    const total = counts.done + leftCount + lookCount(rest);
    const at = { line: line.name, unitId, doneCount: counts.done, lookCount: total, leftMs };
    scope.emit({ kind: "progress", doing: "look", ...at });
    counts.done++;
  };
  const search = await openSearch(line, scope.context);
  try {
    if (isCall) {
      return await callMeters(search, line, { scope, onAsk: (left) => onLook(null, left + 1) });
    }
    let leftCount = unitIds.length;
    return await lookAtUnits(search, line, {
      unitIds,
      scope,
      onLook: (unitId) => onLook(unitId, leftCount--),
    });
  } finally {
    await search.close();
  }
}

function without(passes: readonly Pass<SearchedLine>[], line: SearchedLine) {
  return passes.filter(({ setting }) => setting !== line);
}

async function identifyOnEach(
  byLine: ReadonlyMap<SearchedLine, readonly FoundDevice[]>,
  scope: FindScope,
  { doneCount }: { readonly doneCount: number },
): Promise<void> {
  for (const [line, found] of byLine) {
    if (scope.context.signal.aborted) return;
    const search = await openSearch(line, scope.context);
    const onRead = ({ device }: FoundDevice, index: number) => {
      const unitId = typeof device.unitId === "number" ? device.unitId : null;
      const leftMs = (found.length - index) * READ_MS;
      const at = { line: line.name, unitId, doneCount, lookCount: doneCount, leftMs };
      scope.emit({ kind: "progress", doing: "read", ...at });
    };
    try {
      await identifyAll(search, line, { found, scope, onRead });
    } finally {
      await search.close();
    }
  }
}

/** About what it takes to find out what one device is, at 9600 baud. */
const READ_MS = 6_000;
