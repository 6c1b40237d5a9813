import { describeError, type LineSearch, Unreachable } from "@headgate/model";
import {
  type FindScope,
  identifyAll,
  lookAtUnits,
  openSearch,
  type SearchedLine,
} from "./find-on-line.ts";
import type { FoundDevice } from "./found-device.ts";

/** Hosts whose units are to be found. */
export interface TcpWish {
  readonly lines: readonly SearchedLine[];
  readonly unitIds: readonly number[];
  /** Asked only of hosts where none of the others answers: most mean the host itself. */
  readonly lastIds: readonly number[];
}

/** Hosts that are asked at a time. */
const CONCURRENCY_MAX = 16;
/** Who answers as these, too, answers whatever the id. */
const STRANGER_IDS = [231, 199] as const;
const EVERY_MIN = 3;
/** Lost connections at one host before it is left alone. */
const LOSSES_MAX = 8;

/** Looks for devices at these hosts, some at a time. A host that is not there is no fault. */
export async function findOnHosts(wish: TcpWish, scope: FindScope): Promise<void> {
  const { lines, unitIds } = wish;
  const { emit, context } = scope;
  const lookCount = lines.length * unitIds.length;
  const lookMs = lines[0]?.timeoutMs ?? 0;
  const width = Math.min(CONCURRENCY_MAX, lines.length);
  const msOf = (looks: number) => (looks * lookMs) / Math.max(1, width);
  emit({ kind: "plan", lookCount, estimateMs: msOf(lookCount) });
  let doneCount = 0;
  const left = [...lines];
  const onLook = (line: SearchedLine, unitId: number) => {
    const leftMs = msOf(Math.max(0, lookCount - doneCount));
    const at = { line: line.name, unitId, doneCount, lookCount, leftMs };
    emit({ kind: "progress", doing: "look", ...at });
    doneCount = Math.min(lookCount, doneCount + 1);
  };
  const worker = async () => {
    for (let line = left.shift(); line && !context.signal.aborted; line = left.shift()) {
      const before = doneCount;
      await new HostSearch(line, wish, { scope, onLook: onLook.bind(null, line) }).run();
      doneCount = Math.max(doneCount, Math.min(lookCount, before + unitIds.length));
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

interface HostScope {
  readonly scope: FindScope;
  readonly onLook: (unitId: number) => void;
}

/** The search at one host; some end the connection at an id they do not know. */
class HostSearch {
  readonly #line: SearchedLine;
  readonly #wish: TcpWish;
  readonly #host: HostScope;
  #search: LineSearch | null = null;
  #lossCount = 0;

  constructor(line: SearchedLine, wish: TcpWish, host: HostScope) {
    this.#line = line;
    this.#wish = wish;
    this.#host = host;
  }

  async run(): Promise<void> {
    const { scope } = this.#host;
    try {
      await this.#open();
      const found = await this.#findAll();
      for (const device of found) scope.emit({ kind: "found", found: device });
      await this.#identify(found);
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      // Among many addresses most are nobody's; who named one wants to know why.
      if (this.#wish.lines.length === 1 && !scope.context.signal.aborted) throw error;
    } finally {
      await this.#search?.close();
    }
  }

  async #open(): Promise<LineSearch> {
    this.#search ??= await openSearch(this.#line, this.#host.scope.context);
    return this.#search;
  }

  async #findAll(): Promise<readonly FoundDevice[]> {
    const { unitIds, lastIds } = this.#wish;
    const { signal } = this.#host.scope.context;
    const found = await this.#lookAt(unitIds);
    if (signal.aborted) return found;
    if (found.length === 0) return (await this.#lookAt(lastIds)).slice(0, 1);
    if (found.length < Math.min(EVERY_MIN, unitIds.length) || found.length < unitIds.length) {
      return found;
    }
    const strangers = STRANGER_IDS.filter((id) => !unitIds.includes(id));
    if ((await this.#lookAt(strangers)).length < strangers.length) return found;
    const text = `${this.#line.name}: answers whatever the unit id; it is shown once`;
    this.#host.scope.emit({ kind: "note", text });
    return found.slice(0, 1);
  }

  async #lookAt(unitIds: readonly number[]): Promise<FoundDevice[]> {
    const { scope, onLook } = this.#host;
    const all: FoundDevice[] = [];
    for (const unitId of unitIds) {
      if (scope.context.signal.aborted) break;
      try {
        const search = await this.#open();
        const quiet = { ...scope, emit: () => {} };
        const options = { unitIds: [unitId], scope: quiet, onLook };
        all.push(...(await lookAtUnits(search, this.#line, options)).found);
      } catch (error) {
        if (!(error instanceof Unreachable) || scope.context.signal.aborted) throw error;
        await this.#search?.close();
        this.#search = null;
        if (++this.#lossCount >= LOSSES_MAX) throw error;
      }
    }
    return all;
  }

  async #identify(found: readonly FoundDevice[]): Promise<void> {
    const { scope } = this.#host;
    const { name } = this.#line;
    const onRead = ({ device }: FoundDevice, index: number) => {
      const unitId = typeof device.unitId === "number" ? device.unitId : null;
      const count = { doneCount: index, lookCount: found.length, leftMs: 0 };
      scope.emit({ kind: "progress", doing: "read", line: name, unitId, ...count });
    };
    try {
      await identifyAll(await this.#open(), this.#line, { found, scope, onRead });
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      const text = `${name}: lost while it was read (${describeError(error)})`;
      scope.emit({ kind: "note", text });
    }
  }
}
