import { mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Rng } from "../../simulation/rng.ts";
import { BufferTruth } from "./buffer-truth.ts";
import { DiskReplay, FATES } from "./disk-image.ts";
import { FileNode, type FolderNode, type Said } from "./disk-log.ts";
import { ImageFolder } from "./image-folder.ts";
import { judgeBuffer } from "./judge-buffer.ts";
import { record } from "./record.ts";

/** Something that keeps promises on a disk. */
export interface Subject {
  /** The program to record. */
  readonly life: string;
  /** Of its folder: files that know themselves by their inode. */
  readonly keep: readonly string[];
  truthOf(said: readonly Said[]): Truth;
  judge(directory: string, truth: Truth): Promise<string[]>;
}

/** What had been promised up to a moment. */
export interface Truth {
  readonly forks: readonly string[];
  advance(at: number): void;
}

/** What is asked of the disk. */
export interface PowerCutOptions {
  readonly seed: number;
  readonly images: number;
  readonly imagesPerRecording: number;
  readonly turnsMax: number;
  readonly subject: Subject;
  /** Files of recordings go here, and stay where something is wrong. */
  readonly parent: string;
  readonly say: (line: string) => void;
  /** A disk that says "synced" and keeps nothing: to see that we would notice. */
  readonly isDiskLying?: boolean;
}

export interface PowerCutResult {
  readonly images: number;
  readonly recordings: number;
  /** Changes of files and folders that were recorded. */
  readonly changes: number;
  /** Each a sentence with the place it was found at. */
  readonly violations: readonly string[];
}

const file = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

/** The buffer of a gateway. */
export const BUFFER: Subject = {
  life: file("buffer-life.ts"),
  keep: ["buffer.db"],
  truthOf: (said) => new BufferTruth(said),
  judge: (directory, truth) => judgeBuffer(directory, truth as BufferTruth),
};

const VIOLATIONS_MAX = 20;
const LIVES_MAX = 3;

/** Records, cuts the power at random places, opens what is left, until there are enough images. */
export async function runPowerCut(options: PowerCutOptions): Promise<PowerCutResult> {
  const rng = new Rng(options.seed);
  const violations: string[] = [];
  let [images, recordings, changes] = [0, 0, 0];
  while (images < options.images && violations.length < VIOLATIONS_MAX) {
    const seed = rng.between(1, 2 ** 31);
    const count = Math.min(options.imagesPerRecording, options.images - images);
    const done = await oneRecording(options, seed, count);
    if (!done) continue;
    images += count;
    recordings++;
    changes += done.changes;
    violations.push(...done.violations);
    for (const text of done.violations) options.say(text);
    options.say(`${images} images, ${violations.length} violations`);
  }
  return { images, recordings, changes, violations };
}

async function oneRecording(options: PowerCutOptions, seed: number, count: number) {
  const { subject, parent, turnsMax, isDiskLying = false } = options;
  const base = await mkdtemp(join(parent, "cut-"));
  const path = join(base, "data");
  await mkdir(path);
  const folder = new ImageFolder(path);
  const rng = new Rng(seed);
  const { life } = subject;
  const lives = rng.between(1, LIVES_MAX);
  const reader = await record(folder, { life, seed, lives, turnsMax });
  if (!reader) {
    folder.remove();
    return null;
  }
  folder.keep(subject.keep);
  if (isDiskLying) forgetSyncs(reader.root);
  const truth = subject.truthOf(reader.said);
  const violations = truth.forks.map((text) => `seed ${seed}: ${text}`);
  const replay = new DiskReplay(reader.root);
  const moments = momentsOf(reader.root);
  const cuts = Array.from({ length: count }, () => cutAt(moments, rng)).sort((a, b) => a - b);
  for (const at of cuts) {
    const fate = FATES[rng.between(0, FATES.length - 1)] ?? "none";
    folder.write(replay.imageAt({ at, fate, rng }));
    truth.advance(at);
    const found = await subject.judge(path, truth);
    violations.push(...found.slice(0, 5).map((text) => `seed ${seed}, ${fate} at ${at}: ${text}`));
    if (violations.length >= VIOLATIONS_MAX) break;
  }
  folder.remove();
  return { violations, changes: moments.length };
}

/** When something was called, in order. */
function momentsOf(folder: FolderNode): number[] {
  const moments: number[] = [];
  const nodes: (FolderNode | FileNode)[] = [folder];
  for (const node of nodes) {
    moments.push(...node.changes.map(({ calledAt }) => calledAt));
    moments.push(...node.syncs.map(({ doneAt }) => doneAt));
    if (node instanceof FileNode) continue;
    for (const change of node.changes) if (change.kind === "link") nodes.push(change.node);
  }
  return [...new Set(moments)].sort((a, b) => a - b);
}

/** Just after a change was called or a sync had returned. */
function cutAt(moments: readonly number[], rng: Rng): number {
  return (moments[rng.between(0, moments.length - 1)] ?? 0) + 1;
}

function forgetSyncs(folder: FolderNode): void {
  for (const node of folder.names.values()) {
    if (node instanceof FileNode) node.syncs.length = 0;
  }
}
