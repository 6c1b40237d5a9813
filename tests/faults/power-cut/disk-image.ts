import type { Rng } from "../../simulation/rng.ts";
import { type FileChange, FileNode, type FolderNode, type Node, renamed } from "./disk-log.ts";

/** What becomes of changes that no sync had made safe when the power went. */
export type Fate = "none" | "all" | "prefix" | "subset" | "torn";

export const FATES: readonly Fate[] = ["none", "all", "prefix", "subset", "torn"];

/** What a disk writes at once: of less than that nothing or all is there. */
const SECTOR_BYTES = 512;

/** Files by their path in the folder; folders have a path that ends in `/`. */
export type Image = ReadonlyMap<string, Uint8Array>;

interface Cut {
  /** A place in the trace: what was called before it may be on the disk. */
  readonly at: number;
  readonly fate: Fate;
  readonly rng: Rng;
}

interface Safe {
  bytes: Buffer;
  /** Changes that are in `bytes`. */
  count: number;
}

/** Says what a disk holds after a power cut; cuts are asked for in ascending order. */
export class DiskReplay {
  readonly #root: FolderNode;
  readonly #safe = new Map<FileNode, Safe>();

  constructor(root: FolderNode) {
    this.#root = root;
  }

  imageAt(cut: Cut): Image {
    const image = new Map<string, Uint8Array>();
    this.#addFolder(this.#root, "", { image, cut });
    return image;
  }

  #addFolder(folder: FolderNode, path: string, to: { image: Map<string, Uint8Array>; cut: Cut }) {
    for (const [name, node] of namesAt(folder, to.cut)) {
      if (node instanceof FileNode) to.image.set(path + name, this.#bytesAt(node, to.cut));
      else {
        to.image.set(`${path + name}/`, new Uint8Array(0));
        this.#addFolder(node, `${path + name}/`, to);
      }
    }
  }

  #bytesAt(file: FileNode, cut: Cut): Uint8Array {
    const safe = this.#safe.get(file) ?? { bytes: room(0, 0), count: 0 };
    this.#safe.set(file, safe);
    const safeCount = safeCountOf(file, cut.at);
    for (; safe.count < safeCount; safe.count++) {
      safe.bytes = changed(safe.bytes, file.changes[safe.count] as FileChange);
    }
    const pending: FileChange[] = [];
    for (let index = safeCount; index < file.changes.length; index++) {
      const change = file.changes[index] as FileChange;
      if (change.calledAt >= cut.at) break;
      pending.push(change);
    }
    let bytes: Buffer = room(safe.bytes.length, safe.bytes.length);
    bytes.set(safe.bytes);
    for (const change of survivors(pending, cut)) bytes = changed(bytes, change);
    return bytes;
  }
}

/**
 * How many changes, from the first, a sync had made safe before the cut. Of two syncs at a time the
 * one that was called last says most, whichever returned last.
 */
function safeCountOf(node: Node, at: number): number {
  const done = node.syncs.filter(({ doneAt }) => doneAt < at);
  if (done.length === 0) return 0;
  const calledAt = done.reduce((last, sync) => Math.max(last, sync.calledAt), 0);
  const { changes } = node as { changes: readonly { doneAt: number }[] };
  const first = changes.findIndex(({ doneAt }) => doneAt >= calledAt);
  return first < 0 ? changes.length : first;
}

/** File systems keep the order of names: of the changes not safe, the first few are there. */
function namesAt(folder: FolderNode, { at, fate, rng }: Cut): Map<string, Node> {
  const names = new Map<string, Node>();
  const safeCount = safeCountOf(folder, at);
  const called = folder.changes.findIndex(({ calledAt }) => calledAt >= at);
  const callCount = called < 0 ? folder.changes.length : called;
  const count =
    fate === "none" ? safeCount : fate === "all" ? callCount : rng.between(safeCount, callCount);
  for (const change of folder.changes.slice(0, count)) renamed(names, change);
  return names;
}

function survivors(pending: readonly FileChange[], { fate, rng }: Cut): FileChange[] {
  if (fate === "none") return [];
  if (fate === "all") return [...pending];
  if (fate === "prefix") return pending.slice(0, rng.between(0, pending.length));
  const kept = pending.filter(() => rng.chance(0.5));
  return fate === "subset" ? kept : kept.flatMap((change) => torn(change, rng));
}

/** Some sectors of a write; the file may have grown without them. */
function torn(change: FileChange, rng: Rng): FileChange[] {
  if (change.kind === "size" || rng.chance(0.5)) return [change];
  const { offset, bytes } = change;
  const pieces: FileChange[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + SECTOR_BYTES - ((offset + from) % SECTOR_BYTES));
    if (rng.chance(0.5)) {
      pieces.push({ ...change, offset: offset + from, bytes: bytes.subarray(from, to) });
    }
    from = to;
  }
  return pieces;
}

/** Makes one change; the buffer given is used up. */
function changed(bytes: Buffer, change: FileChange): Buffer {
  if (change.kind === "size") {
    if (change.length > bytes.length) return grown(bytes, change.length);
    return bytes.subarray(0, change.length);
  }
  const end = change.offset + change.bytes.length;
  const whole = end <= bytes.length ? bytes : grown(bytes, end);
  whole.set(change.bytes, change.offset);
  return whole;
}

/** The same bytes, then zeros up to `length`; with more room behind, so that a log grows fast. */
function grown(bytes: Buffer, length: number): Buffer {
  if (bytes.buffer.byteLength >= length) {
    const same = Buffer.from(bytes.buffer, 0, length);
    return same.fill(0, bytes.length);
  }
  const roomy = room(length, Math.max(4096, 2 * length));
  roomy.set(bytes);
  return roomy;
}

/** Zeros in memory of their own, never in a shared pool. */
function room(length: number, capacity: number): Buffer<ArrayBuffer> {
  return Buffer.from(new ArrayBuffer(capacity), 0, length);
}
