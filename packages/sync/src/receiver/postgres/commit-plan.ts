import { extentOf, type Gap, type Thinned } from "@headgate/model";
import type { DecodedThinned, MinuteFigures } from "../../block/thinned-body.ts";
import type { ReceivedBlock, ReceivedEntry } from "../../protocol/received-entry.ts";
import { covers, differenceOf, intersectionOf, type Spans, spanAt, unionOf } from "../../ranges.ts";
import { refusalText } from "../refusal-text.ts";
import { whyScattered } from "../scattered.ts";
import type { Arrival, Verdict } from "../store.ts";
import { openNumbersOf, thinnedNumbersOf } from "../thinned-numbers.ts";
import { type Aside, asideOf, type HeldFigures, tellsOfOthers } from "../told-of-others.ts";
import type { Contents } from "../unpack-block.ts";
import { lastPointOf } from "../unpack-thinned.ts";
import { ClockNotes } from "./clock-notes.ts";
import { CopyRows } from "./copy-rows.ts";
import type { EpochState, ThinnedRecord } from "./epoch-state.ts";
import { fillGap, recordGap } from "./gap-book.ts";
import { withNew } from "./held-figures.ts";
import type { NewBlock, NewConflict, NewMedia, Queued } from "./planned-rows.ts";
import { storedHash } from "./texts.ts";

/** Bodies of conflicting blocks kept for a person to compare, per epoch; then only counted. */
const CONFLICT_BODIES_MAX = 100;

/** What is in an arrival; text says why it cannot be kept, undefined that nobody needs to know. */
export type Unpacked = Contents | DecodedThinned | string | undefined;

/** What is held of a number of a thinned entry: its row, samples that are kept, and gone. */
export interface HeldNumber {
  readonly ref: number;
  readonly keptCount: number;
  readonly goneCount: number;
}

/** A thinned entry to insert. */
export interface NewThinned {
  readonly entry: Thinned;
  readonly minutes: readonly (MinuteFigures & { readonly pointRef: number })[];
}

/** What the plan asks of the store's caches. All was prepared: nothing here waits. */
export interface Known {
  stateOf(arrival: Arrival): EpochState;
  /** The stored hash of a stored number; undefined if it is not stored. */
  keptHash(epochRef: number, seq: number): string | undefined;
  /** Of the numbers of a record, what was stored before; undefined if none was. */
  figures(entry: Gap | Thinned): HeldFigures | undefined;
  /** What is held of a thinned number; undefined if it is none. */
  held(epochRef: number, seq: number): HeldNumber | undefined;
  refsOfList(gatewayRef: number, hash: string): readonly number[] | null;
  pointRef(gatewayRef: number, pointId: string): number;
  nextBlockRef(): number;
  readonly rangesMax: number;
}

/** An epoch before and after. */
export interface Change {
  readonly before: EpochState;
  after: EpochState;
}

/** All that one transaction does, worked out before it begins. */
export class CommitPlan {
  readonly verdicts: Verdict[] = [];
  readonly samples = new CopyRows();
  readonly blocks = new Map<string, NewBlock>();
  /** Rows of thinned numbers that came as blocks: they go, with their samples. */
  readonly droppedRefs: number[] = [];
  /** What is new of the entries in `changes`. */
  readonly thinned = new Map<ThinnedRecord, NewThinned>();
  readonly conflicts: NewConflict[] = [];
  readonly media: NewMedia[] = [];
  /** In the order of the arrivals. */
  readonly queued: Queued[] = [];
  readonly clocks = new ClockNotes();
  /** By gateway: how often, and why last. */
  readonly refusals = new Map<number, { count: number; reason: string }>();
  readonly changes = new Map<number, Change>();
  readonly #known: Known;
  readonly #nowMs: number;

  constructor(known: Known, nowMs: number) {
    this.#known = known;
    this.#nowMs = nowMs;
  }

  /** Takes the next arrival in; `contents` may be absent where it is a gap or a duplicate. */
  add(arrival: Arrival, contents: Unpacked): void {
    const change = this.#changeOf(arrival);
    const { gaps } = change.after;
    const verdict = this.#judge(change, arrival, contents);
    this.verdicts.push(verdict);
    if (verdict === "stored") {
      const { gatewayRef, ref: epochRef } = change.before;
      const { entry } = arrival;
      const { kind } = entry;
      // Of a gap, the records of what was not known to be gone.
      const fresh = change.after.gaps.filter((gap) => !gaps.includes(gap));
      for (const { first, last } of kind === "gap" ? fresh : [extentOf(entry)]) {
        this.queued.push({ gatewayRef, epochRef, kind, first, last });
      }
    }
    change.after = { ...change.after, touchedMs: this.#nowMs };
  }

  #changeOf(arrival: Arrival): Change {
    const before = this.#known.stateOf(arrival);
    const known = this.changes.get(before.ref);
    if (known) return known;
    const change = { before, after: { ...before, version: before.version + 1 } };
    this.changes.set(before.ref, change);
    return change;
  }

  #judge(change: Change, { entry }: Arrival, contents: Unpacked): Verdict {
    const { after } = change;
    const why = whyScattered(after.covered, extentOf(entry), this.#known.rangesMax);
    if (why !== null) return this.#refuse(after, entry, why);
    if (entry.kind === "gap") {
      const recorded = recordGap(after, entry);
      if (!recorded) return this.#judgeKnown(change, entry);
      const covered = unionOf(after.covered, recorded.gone);
      change.after = { ...after, ...recorded, covered };
      return "stored";
    }
    if (entry.kind === "thinned") return this.#judgeThinned(change, entry, contents);
    const hash = storedHash(entry.hash);
    const keptHash = this.#keptHash(after, entry.seq);
    if (keptHash === hash) return duplicate(change);
    if (typeof contents === "string") return this.#refuse(after, entry, contents);
    if (contents === undefined || "counts" in contents) {
      throw new Error(`block ${entry.seq} was not unpacked`);
    }
    if (keptHash !== undefined) {
      const body = after.conflictCount < CONFLICT_BODIES_MAX ? (entry.body ?? null) : null;
      return this.#noteConflict(change, { ...entry, body }, keptHash);
    }
    return this.#store(change, entry, contents);
  }

  /** A record of numbers of which nothing is open. */
  #judgeKnown(change: Change, entry: Gap | Thinned): Verdict {
    if (!covers(change.after.stored, entry.first, entry.last)) return duplicate(change);
    const own = [...this.blocks.values()].filter(({ epochRef }) => epochRef === change.before.ref);
    const held = withNew(this.#known.figures(entry), own, entry);
    if (!held || !tellsOfOthers(entry, held)) return duplicate(change);
    return this.#noteConflict(change, asideOf(entry), held.firstHash);
  }

  #judgeThinned(change: Change, entry: Thinned, contents: Unpacked): Verdict {
    const { after } = change;
    const open = openNumbersOf(entry, after);
    if (open.length === 0) return this.#judgeKnown(change, entry);
    if (typeof contents === "string") return this.#refuse(after, entry, contents);
    if (contents === undefined || !("counts" in contents)) {
      throw new Error(`blocks ${entry.first}-${entry.last} were not unpacked`);
    }
    const refs = this.#refsOf(after, entry, lastPointOf(contents));
    if (typeof refs === "string") return refs;
    const { first, last, sampleCount, keptCount, toMs } = entry;
    // Of two that overlap, the wider one speaks for those inside it.
    const others = after.entries.filter((one) => one.first < first || one.last > last);
    const record = { first, last };
    const minutes = contents.minutes.map((minute) => {
      return { ...minute, pointRef: refs[minute.pointIndex] as number };
    });
    this.thinned.set(record, { entry, minutes });
    const counts = this.#keep(after.ref, { entry, contents, refs, open });
    for (const span of open) {
      for (let seq = span.first; seq <= span.last; seq++) {
        this.clocks.note(after, seq, { clock: entry.clock, isKnown: false });
      }
    }
    let filled = after;
    for (const span of open) filled = { ...filled, ...fillGap(filled, span) };
    const isEmpty = sampleCount + keptCount === 0;
    change.after = {
      ...filled,
      entries: [...others, record],
      thinned: unionOf(after.thinned, open),
      covered: unionOf(after.covered, open),
      sampleCount: after.sampleCount + counts.kept,
      thinnedSampleCount: after.thinnedSampleCount + counts.gone,
      lastSampleMs: isEmpty ? after.lastSampleMs : Math.max(after.lastSampleMs ?? toMs, toMs),
    };
    return "stored";
  }

  /** The samples and the rows of those numbers of an entry that are not held yet. */
  #keep(epochRef: number, { entry, contents, refs, open }: ThinnedToKeep) {
    const counts = { kept: 0, gone: 0 };
    const rows = new Map<number, number>();
    for (const { seq, goneCount, keptCount, fromMs, toMs } of thinnedNumbersOf(
      entry,
      contents,
      open,
    )) {
      const about = { sampleCount: keptCount, fromMs, toMs, hash: entry.hash };
      const block = { kind: "thinned" as const, seq, ...about };
      rows.set(seq, this.#block(epochRef, block, goneCount));
      counts.kept += keptCount;
      counts.gone += goneCount;
    }
    this.samples.kept(contents.kept, refs, (at) => {
      const blockRef = rows.get(entry.first + (contents.keptOffsets[at] as number));
      return blockRef === undefined ? null : { blockRef, i: contents.keptIndexes[at] as number };
    });
    return counts;
  }

  /** The rows of the points that an entry's indexes mean, or why it cannot be kept. */
  #refsOf(
    epoch: EpochState,
    entry: ReceivedBlock | Thinned,
    lastPoint: number,
  ): readonly number[] | Verdict {
    const refs = this.#known.refsOfList(epoch.gatewayRef, entry.schemaHash);
    if (refs === null) return "unlisted";
    if (lastPoint < refs.length) return refs;
    return this.#refuse(epoch, entry, `its list of ${refs.length} points is too short`);
  }

  #keptHash(epoch: EpochState, seq: number): string | undefined {
    if (!spanAt(epoch.stored, seq)) return undefined;
    const fresh = this.blocks.get(`${epoch.ref} ${seq}`);
    if (fresh) return storedHash(fresh.block.hash);
    // Its row is missing: something else removed it. Any contents are other contents.
    return this.#known.keptHash(epoch.ref, seq) ?? "0";
  }

  #refuse(epoch: EpochState, entry: ReceivedEntry, why: string): Verdict {
    const reason = refusalText(entry, why);
    const count = (this.refusals.get(epoch.gatewayRef)?.count ?? 0) + 1;
    this.refusals.set(epoch.gatewayRef, { count, reason });
    return "refused";
  }

  #noteConflict(
    change: Change,
    { seq, hash, body }: Omit<Aside, "body"> & { readonly body: Uint8Array | null },
    keptHash: string,
  ): Verdict {
    const { after } = change;
    const conflictCount = after.conflictCount + 1;
    const fork = after.fork === null ? seq : Math.min(after.fork, seq);
    change.after = { ...after, conflictCount, fork };
    this.conflicts.push({ epochRef: after.ref, seq, hash: storedHash(hash), keptHash, body });
    return "conflict";
  }

  #store(change: Change, block: ReceivedBlock, contents: Contents): Verdict {
    const last = contents.kind === "columns" ? (contents.columns.columnPoints.at(-1) ?? -1) : -1;
    const refs = contents.kind === "columns" ? this.#refsOf(change.after, block, last) : [];
    if (typeof refs === "string") return refs;
    const isKnown = spanAt(change.after.thinned, block.seq) !== undefined;
    const after = this.#replaceThinned(change.after, block.seq);
    this.clocks.note(after, block.seq, { clock: block.clock, isKnown });
    if (contents.kind === "clock") this.clocks.step(after, contents.step);
    this.#keepContents(after, block, { contents, refs });
    const { seq, hash, sampleCount, toMs } = block;
    const own = { first: seq, last: seq };
    change.after = {
      ...after,
      ...fillGap(after, own),
      newest: seq > (after.newest?.seq ?? 0) ? { seq, hash } : after.newest,
      stored: unionOf(after.stored, [own]),
      covered: unionOf(after.covered, [own]),
      blockCount: after.blockCount + 1,
      sampleCount: after.sampleCount + sampleCount,
      lastSampleMs:
        sampleCount > 0 ? Math.max(after.lastSampleMs ?? toMs, toMs) : after.lastSampleMs,
      reason: contents.kind === "epoch" ? contents.start.reason : after.reason,
    };
    return "stored";
  }

  #keepContents(
    { ref: epochRef, gatewayRef }: EpochState,
    block: ReceivedBlock,
    { contents, refs }: { readonly contents: Contents; readonly refs: readonly number[] },
  ): void {
    const blockRef = this.#block(epochRef, block, 0);
    if (contents.kind === "columns") this.samples.columns(blockRef, contents.columns, refs);
    if (contents.kind === "samples") {
      contents.samples.forEach((sample, i) => {
        const pointRef = this.#known.pointRef(gatewayRef, sample.pointId);
        this.samples.sample({ blockRef, pointRef, i }, sample);
      });
    }
    if (contents.kind !== "media") return;
    const pointRef = this.#known.pointRef(gatewayRef, contents.media.pointId);
    this.media.push({ epochRef, seq: block.seq, pointRef, media: contents.media });
  }

  /** A block comes after all: it replaces what was kept of it. */
  #replaceThinned(epoch: EpochState, seq: number): EpochState {
    if (!spanAt(epoch.thinned, seq)) return epoch;
    const fresh = this.blocks.get(`${epoch.ref} ${seq}`);
    const held = fresh
      ? {
          ref: fresh.ref,
          keptCount: fresh.block.sampleCount,
          goneCount: fresh.thinnedCount,
        }
      : this.#known.held(epoch.ref, seq);
    if (held) this.droppedRefs.push(held.ref);
    const thinned = differenceOf(epoch.thinned, [{ first: seq, last: seq }]);
    const entries = epoch.entries.filter((entry) => {
      const isHit = entry.first <= seq && entry.last >= seq;
      return !isHit || intersectionOf(thinned, [entry]).length > 0;
    });
    const sampleCount = epoch.sampleCount - (held?.keptCount ?? 0);
    const thinnedSampleCount = epoch.thinnedSampleCount - (held?.goneCount ?? 0);
    return { ...epoch, thinned, entries, sampleCount, thinnedSampleCount };
  }

  #block(epochRef: number, block: NewBlock["block"], thinnedCount: number): number {
    const ref = this.#known.nextBlockRef();
    this.blocks.set(`${epochRef} ${block.seq}`, { epochRef, ref, block, thinnedCount });
    return ref;
  }
}

interface ThinnedToKeep {
  readonly entry: Thinned;
  readonly contents: DecodedThinned;
  readonly refs: readonly number[];
  readonly open: Spans;
}

function duplicate(change: Change): Verdict {
  change.after = { ...change.after, duplicateCount: change.after.duplicateCount + 1 };
  return "duplicate";
}
