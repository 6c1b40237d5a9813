import { fileURLToPath } from "node:url";
import { Rng } from "../../simulation/rng.ts";
import { BufferTruth } from "./buffer-truth.ts";
import { DiskReplay, FATES, type Fate } from "./disk-image.ts";
import { FileNode, type FolderNode, type Said } from "./disk-log.ts";
import { judgeBuffer } from "./judge-buffer.ts";
import { record } from "./record.ts";
import { type AboutRecording, Recording } from "./recording.ts";

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

async function oneRecording(options: PowerCutOptions, seed: number, images: number) {
  const { subject, parent, turnsMax, isDiskLying = false, say } = options;
  const recording = await Recording.make(parent);
  const { life } = subject;
  const lives = livesOf(new Rng(seed));
  if (!(await record(recording, { life, seed, lives, turnsMax }))) {
    await recording.remove();
    return null;
  }
  recording.folder.keep(subject.keep);
  const about = { seed, images, isDiskLying };
  const done = await judgeRecording(recording, about, subject);
  if (done.violations.length === 0) await recording.remove();
  else say(`the recording is kept in ${await recording.keep(about)}`);
  return done;
}

function livesOf(rng: Rng): number {
  return rng.between(1, LIVES_MAX);
}

/** Cuts the power of a recording at places that its seed determines, or at all between two. */
export async function judgeRecording(
  { folder, reader }: Recording,
  about: AboutRecording,
  subject: Subject,
) {
  const { seed, isDiskLying } = about;
  const rng = new Rng(seed);
  livesOf(rng);
  if (isDiskLying) forgetSyncs(reader.root);
  const truth = subject.truthOf(reader.said);
  const violations = truth.forks.map((text) => `seed ${seed}: ${text}`);
  const replay = new DiskReplay(reader.root);
  const moments = momentsOf(reader.root);
  for (const { at, fate } of cutsOf(moments, about, rng)) {
    folder.write(replay.imageAt({ at, fate, rng }));
    truth.advance(at);
    const found = await subject.judge(folder.path, truth);
    violations.push(...found.slice(0, 5).map((text) => `seed ${seed}, ${fate} at ${at}: ${text}`));
    if (violations.length >= VIOLATIONS_MAX) break;
  }
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

/** In ascending order, each just after a change was called or a sync had returned. */
function cutsOf(
  moments: readonly number[],
  { images, from, to }: AboutRecording,
  rng: Rng,
): { readonly at: number; readonly fate: Fate }[] {
  if (from !== undefined && to !== undefined) {
    const within = moments.map((moment) => moment + 1).filter((at) => at >= from && at <= to);
    return within.flatMap((at) => FATES.map((fate) => ({ at, fate })));
  }
  const places = Array.from({ length: images }, () => rng.between(0, moments.length - 1));
  places.sort((a, b) => a - b);
  return places.map((place) => {
    const fate = FATES[rng.between(0, FATES.length - 1)] ?? "none";
    return { at: (moments[place] ?? 0) + 1, fate };
  });
}

function forgetSyncs(folder: FolderNode): void {
  for (const node of folder.names.values()) {
    if (node instanceof FileNode) node.syncs.length = 0;
  }
}
