import { extentOf, type Thinned } from "@headgate/model";
import type { ReceivedBlock } from "../../protocol/received-entry.ts";
import { spanAt, unionOf } from "../../ranges.ts";
import type { Arrival, Verdict } from "../store.ts";
import type { Contents } from "../unpack-block.ts";
import { CopyRows } from "./copy-rows.ts";
import type { EpochState } from "./epoch-state.ts";
import { fillGap, recordGap } from "./gap-book.ts";
import { storedHash } from "./texts.ts";

/** Bodies of conflicting blocks kept for a person to compare, per epoch; then only counted. */
const CONFLICT_BODIES_MAX = 100;

type MediaContents = Extract<Contents, { kind: "media" }>["media"];

/** A block to insert. */
export interface NewBlock {
  readonly epochRef: number;
  readonly ref: number;
  readonly block: ReceivedBlock;
}

/** A block that came with other contents than the one that is kept. */
export interface NewConflict {
  readonly epochRef: number;
  readonly seq: number;
  readonly hash: string;
  readonly keptHash: string;
  readonly body: Uint8Array | null;
}

/** What is stored now, for those to whom it is handed on. */
export interface Queued {
  readonly gatewayRef: number;
  readonly epochRef: number;
  readonly kind: string;
  readonly first: number;
  readonly last: number;
}

/** A picture to insert. */
export interface NewMedia {
  readonly epochRef: number;
  readonly seq: number;
  readonly pointRef: number;
  readonly media: MediaContents;
}

/** What the plan asks of the store's caches. All was prepared: nothing here waits. */
export interface Known {
  stateOf(arrival: Arrival): EpochState;
  /** The stored hash of a stored number; undefined if it is not stored. */
  keptHash(epochRef: number, seq: number): string | undefined;
  refsOfList(gatewayRef: number, hash: string): readonly number[] | null;
  pointRef(gatewayRef: number, pointId: string): number;
  nextBlockRef(): number;
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
  readonly blocks: NewBlock[] = [];
  readonly conflicts: NewConflict[] = [];
  readonly media: NewMedia[] = [];
  /** In the order of the arrivals. */
  readonly queued: Queued[] = [];
  /** By gateway: how often, and why last. */
  readonly refusals = new Map<number, { count: number; reason: string }>();
  readonly changes = new Map<number, Change>();
  readonly #known: Known;
  readonly #nowMs: number;
  readonly #newHashes = new Map<string, string>();

  constructor(known: Known, nowMs: number) {
    this.#known = known;
    this.#nowMs = nowMs;
  }

  /** Takes the next arrival in; `contents` may be absent where it is a gap or a duplicate. */
  add(arrival: Arrival, contents: Contents | string | undefined): void {
    const change = this.#changeOf(arrival);
    const verdict = this.#judge(change, arrival, contents);
    this.verdicts.push(verdict);
    if (verdict === "stored") {
      const { gatewayRef, ref: epochRef } = change.before;
      const { kind } = arrival.entry;
      this.queued.push({ gatewayRef, epochRef, kind, ...extentOf(arrival.entry) });
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

  #judge(change: Change, { entry }: Arrival, contents: Contents | string | undefined): Verdict {
    const { after } = change;
    if (entry.kind === "gap") {
      const recorded = recordGap(after, entry);
      if (!recorded) return duplicate(change);
      const covered = unionOf(after.covered, recorded.gone);
      change.after = { ...after, ...recorded, covered };
      return "stored";
    }
    if (entry.kind === "thinned") {
      return this.#refuse(after, entry, "thinned blocks are not known here");
    }
    const hash = storedHash(entry.hash);
    const keptHash = this.#keptHash(after, entry.seq);
    if (keptHash === hash) return duplicate(change);
    if (contents === undefined) throw new Error(`block ${entry.seq} was not unpacked`);
    if (typeof contents === "string") return this.#refuse(after, entry, contents);
    if (keptHash !== undefined) return this.#noteConflict(change, entry, keptHash);
    return this.#store(change, entry, contents);
  }

  #keptHash(epoch: EpochState, seq: number): string | undefined {
    const fresh = this.#newHashes.get(`${epoch.ref} ${seq}`);
    if (fresh !== undefined || !spanAt(epoch.stored, seq)) return fresh;
    // Its row is missing: something else removed it. Any contents are other contents.
    return this.#known.keptHash(epoch.ref, seq) ?? "0";
  }

  #refuse(epoch: EpochState, entry: ReceivedBlock | Thinned, why: string): Verdict {
    const reason = `${entry.stream} ${epoch.epoch} block ${extentOf(entry).first}: ${why}`;
    const count = (this.refusals.get(epoch.gatewayRef)?.count ?? 0) + 1;
    this.refusals.set(epoch.gatewayRef, { count, reason });
    return "refused";
  }

  #noteConflict(change: Change, { seq, hash, body }: ReceivedBlock, keptHash: string): Verdict {
    const { after } = change;
    const conflictCount = after.conflictCount + 1;
    const fork = after.fork === null ? seq : Math.min(after.fork, seq);
    change.after = { ...after, conflictCount, fork };
    const kept = conflictCount <= CONFLICT_BODIES_MAX ? (body ?? null) : null;
    const head = { epochRef: after.ref, seq, hash: storedHash(hash) };
    this.conflicts.push({ ...head, keptHash, body: kept });
    return "conflict";
  }

  #store(change: Change, block: ReceivedBlock, contents: Contents): Verdict {
    const { after } = change;
    const { seq, sampleCount, toMs } = block;
    const { ref: epochRef, gatewayRef } = after;
    if (contents.kind === "columns") {
      const refs = this.#known.refsOfList(gatewayRef, block.schemaHash);
      if (refs === null) return "unlisted";
      const last = contents.columns.columnPoints.at(-1);
      if (last !== undefined && last >= refs.length) {
        return this.#refuse(after, block, `its list of ${refs.length} points is too short`);
      }
      this.samples.columns(this.#block(epochRef, block), contents.columns, refs);
    } else if (contents.kind === "samples") {
      const blockRef = this.#block(epochRef, block);
      contents.samples.forEach((sample, i) => {
        const pointRef = this.#known.pointRef(gatewayRef, sample.pointId);
        this.samples.sample({ blockRef, pointRef, i }, sample);
      });
    } else {
      this.#block(epochRef, block);
      if (contents.kind === "media") {
        const { media } = contents;
        const pointRef = this.#known.pointRef(gatewayRef, media.pointId);
        this.media.push({ epochRef, seq, pointRef, media });
      }
    }
    const own = [{ first: seq, last: seq }];
    const filled = spanAt(after.gone, seq) ? fillGap(after, seq) : {};
    change.after = {
      ...after,
      ...filled,
      stored: unionOf(after.stored, own),
      covered: unionOf(after.covered, own),
      blockCount: after.blockCount + 1,
      sampleCount: after.sampleCount + sampleCount,
      lastSampleMs:
        sampleCount > 0 ? Math.max(after.lastSampleMs ?? toMs, toMs) : after.lastSampleMs,
      reason: contents.kind === "epoch" ? contents.start.reason : after.reason,
    };
    return "stored";
  }

  #block(epochRef: number, block: ReceivedBlock): number {
    const ref = this.#known.nextBlockRef();
    this.blocks.push({ epochRef, ref, block });
    this.#newHashes.set(`${epochRef} ${block.seq}`, storedHash(block.hash));
    return ref;
  }
}

function duplicate(change: Change): Verdict {
  change.after = { ...change.after, duplicateCount: change.after.duplicateCount + 1 };
  return "duplicate";
}
