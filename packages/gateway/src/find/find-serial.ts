import { Unreachable } from "@headgate/model";
import {
  type FindScope,
  identifyAll,
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
} from "./search-plan.ts";

/** A serial line in each of the settings it may have. */
export interface SerialWish extends SearchWish<SearchedLine> {
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
  const { lookMs, isAll, countMax } = wish;
  const { context, emit } = scope;
  const { signal } = context;
  let passes: readonly Pass<SearchedLine>[] = planPasses(wish);
  let doneCount = 0;
  emit({ kind: "plan", lookCount: lookCount(passes), estimateMs: estimateMs(passes, lookMs) });
  const byLine = new Map<SearchedLine, FoundDevice[]>();
  const garbled = new Set<SearchedLine>();
  const foundCount = () => [...byLine.values()].reduce((sum, { length }) => sum + length, 0);
  while (passes.length > 0 && !signal.aborted && foundCount() < countMax) {
    const [pass, ...rest] = passes as [Pass<SearchedLine>, ...Pass<SearchedLine>[]];
    const { setting: line, unitIds } = pass;
    const total = doneCount + lookCount(passes);
    const restMs = estimateMs(rest, lookMs);
    const search = await openSearch(line, context);
    try {
      let leftCount = unitIds.length;
      const onLook = (unitId: number) => {
        const leftMs = restMs + leftCount * lookMs(line);
        leftCount--;
        const at = { line: line.name, unitId, doneCount, lookCount: total, leftMs };
        emit({ kind: "progress", doing: "look", ...at });
        doneCount++;
      };
      const looks = await lookAtUnits(search, line, { unitIds, scope, onLook });
      if (looks.found.length > 0) {
        byLine.set(line, [...(byLine.get(line) ?? []), ...looks.found]);
      } else if (looks.isGarbled) garbled.add(line);
    } catch (error) {
      if (!(error instanceof Unreachable && signal.aborted)) throw error;
    } finally {
      await search.close();
    }
    const foundWith = byLine.has(line) ? line : null;
    passes = passesLeft(garbled.has(line) ? without(rest, line) : rest, { foundWith, isAll });
  }
  for (const line of garbled) {
    const hint = "another speed or parity, or two devices of one id";
    emit({ kind: "note", text: `${line.name}: something answers, but never whole: ${hint}` });
  }
  await identifyOnEach(byLine, scope, { doneCount });
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
