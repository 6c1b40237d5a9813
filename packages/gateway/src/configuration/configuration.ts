import { readFile, realpath } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type Clock, type Log, Misconfigured, Refused } from "@headgate/model";
import { replaceFile, textIfThere } from "../access/durable-file.ts";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import type { Lang } from "../config/messages.ts";
import { Turns } from "../turns.ts";
import { byHand } from "./changes-between.ts";
import { ChangedMeanwhile, type CheckedDraft, type Edit, movesBuffer } from "./draft.ts";
import { SecretsSinceStart } from "./known-secrets.ts";
import { BY_ITSELF, type Probation, proofOf, type Unproved } from "./probation.ts";
import { createTextWork, type TextWork } from "./text-work.ts";
import { type ConfigVersion, type Pending, VersionStore } from "./version-store.ts";
import { VersionTexts } from "./version-texts.ts";
import { watchProbation } from "./watch-probation.ts";

/** Without a word from the new state for so long, the old one comes back. */
export const CONFIRM_MS_MAX = 90_000;
/** Whoever applied hears the answer before anything stops. */
const ANSWER_MS = 300;
interface Lent {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  /** Reads texts; here and now if absent. */
  readonly work?: TextWork;
  /** `CONFIRM_MS_MAX` if absent. */
  readonly confirmMsMax?: number;
}

interface Given {
  readonly named: string;
  readonly newest: ConfigVersion;
  /** What comes back, where the power went while it did. */
  readonly back: ConfigVersion | null;
  readonly lent: Lent;
}

/** A gateway's configuration file, with every version of it. */
export class Configuration {
  /** Of the file as it was named. */
  readonly path: string;
  readonly texts: VersionTexts;
  /** Of the file itself, whatever links lead to it. */
  readonly #path: string;
  /** Of the file as it was named: relative paths in it start there. */
  readonly #directory: string;
  readonly #store: VersionStore;
  readonly #lent: Lent;
  readonly #work: TextWork;
  readonly #secrets: SecretsSinceStart;
  #newest: ConfigVersion;
  #pending: Pending | null = null;
  #back: ConfigVersion | null = null;
  #deadlineMs = 0;
  #loadedVersion = 0;
  /** The file is not what it was at the start. */
  #isReplaced = false;
  #usedVersion = 0;
  readonly #turns = new Turns();
  #changing = new AbortController();

  private constructor(path: string, store: VersionStore, given: Given) {
    this.#path = path;
    this.path = given.named;
    this.#directory = dirname(given.named);
    this.#store = store;
    this.#newest = given.newest;
    this.#back = given.back;
    this.#lent = given.lent;
    this.#work = given.lent.work ?? createTextWork(given.lent.catalogue);
    this.texts = new VersionTexts(this.#work);
    const directory = this.#directory;
    const look = (text: string) => this.#work.secrets({ text, directory });
    this.#secrets = new SecretsSinceStart(look, given.newest.version);
  }

  /** Looks at the file and at what is kept of it; a version that was never confirmed may go. */
  static async open(path: string, folder: string, lent: Lent): Promise<Configuration> {
    const real = await realpath(path);
    const store = new VersionStore(folder);
    const text = await readFile(real, "utf8");
    const pending = await store.pending();
    const kept = await store.newest();
    const onTrial = pending && (await store.read(pending.version));
    const known = [kept, onTrial].find((version) => version?.text === text);
    const newest = known ?? (await store.add(byHand(text, kept, lent.clock.nowMs())));
    const back = kept && newest.version < kept.version ? kept : null;
    const named = resolve(path);
    const configuration = new Configuration(real, store, { named, newest, back, lent });
    await configuration.#resume(pending);
    return configuration;
  }

  /** The version that the file holds. */
  get version(): ConfigVersion {
    return this.#newest;
  }

  /** Aborts when the file says something new, for the gateway to `load`. */
  get changed(): AbortSignal {
    return this.#changing.signal;
  }

  /** How long the version on probation still has; null where none is. */
  probation(): Probation | null {
    if (!this.#pending) return null;
    const leftMs = Math.max(0, this.#deadlineMs - this.#lent.clock.monotonicMs());
    const { version, uplinkIds, needsWord } = this.#pending;
    return { version, leftMs, uplinkIds, needsWord };
  }

  /** Of uplinks that may come back: what only they lack is kept. */
  get uplinkIdsBefore(): readonly string[] {
    return this.#pending?.uplinkIdsBefore ?? [];
  }

  /** What the version on probation has to show and has not, by a gateway that may run another. */
  unproved(unproved: Unproved): readonly string[] {
    const uplinkIds = this.#pending?.uplinkIds ?? [];
    const isInUse = this.#pending?.version === this.#usedVersion;
    return isInUse ? unproved(uplinkIds) : uplinkIds;
  }

  get confirmMsMax(): number {
    return this.#lent.confirmMsMax ?? CONFIRM_MS_MAX;
  }

  /** One after the other: the texts of all of them are more than memory should hold. */
  async versions(): Promise<readonly Omit<ConfigVersion, "text">[]> {
    const versions: Omit<ConfigVersion, "text">[] = [];
    for (const number of (await this.#store.numbers()).toReversed()) {
      const found = await this.#store.read(number);
      if (!found) continue;
      const { text: _, ...version } = found;
      versions.push(version);
    }
    return versions;
  }

  /** All that the newest version holds or refers to, and those before it, in the clear. */
  secrets(): Promise<readonly string[]> {
    return this.#secrets.with(this.#newest, this.#store);
  }

  read(version: number): Promise<ConfigVersion | null> {
    return this.#store.read(version);
  }

  /** What a text would change, and what is wrong with it. Changes nothing. */
  async check(text: string, lang: Lang): Promise<CheckedDraft> {
    const { version, text: kept } = this.#newest;
    const draft = await this.#work.check({ text, kept, directory: this.#directory, lang });
    return { ...draft, version };
  }

  /** What a text means whose draft was checked; null if it cannot be read any more. */
  async meaningOf({ text }: Pick<CheckedDraft, "text">): Promise<GatewayConfig | null> {
    return await this.#work.load({ text, directory: this.#directory });
  }

  /** Makes a version of it, and the gateway take it up. One after the other. */
  async apply(edit: Edit): Promise<ConfigVersion> {
    return await this.#turns.take(async () => {
      if (edit.seen !== this.#newest.version) throw new ChangedMeanwhile(this.#newest);
      if (this.#pending) {
        throw new Refused(`version ${this.#pending.version} is to be confirmed first`);
      }
      if (await this.#keepHandEdit()) throw new ChangedMeanwhile(this.#newest);
      const draft = await this.#draftOf(edit);
      const { who, why } = edit;
      const { text, changes } = draft;
      const previous = this.#newest.version;
      const atMs = this.#lent.clock.nowMs();
      const added = await this.#store.add({ atMs, who, why, changes: [...changes], text });
      const uplinkIdsBefore = [...(draft.gistBefore?.uplinkIds ?? [])];
      const proof = { ...proofOf(draft), uplinkIdsBefore };
      try {
        const trial = { version: added.version, previous, startCount: 0, ...proof };
        if (draft.isRisky) await this.#probe(trial);
        await this.#replace(added);
      } catch (cause) {
        this.#pending = null;
        await this.#store.clearPending();
        throw new Refused(`the file ${this.#path} could not be replaced`, { cause });
      }
      return added;
    });
  }

  /** As it is to be written: what was typed is judged, and kept where it belongs. */
  async #draftOf({ text, draft, secrets = [], may }: Edit): Promise<CheckedDraft> {
    const isNew = draft?.version === this.#newest.version;
    const typed = isNew ? draft : await this.check(text, "en");
    if (!typed.gist) throw new Misconfigured("the configuration has mistakes");
    may?.(typed);
    if (movesBuffer(typed)) {
      throw new Refused("buffer.path holds all that is kept: change it in the file");
    }
    if (secrets.length === 0) return typed;
    const wish = { text: typed.text, places: secrets, directory: this.#directory };
    const kept = await this.#work.keep(wish);
    if (kept === typed.text) return typed;
    const referring = await this.check(kept, "en");
    if (!referring.gist) throw new Misconfigured("the configuration has mistakes");
    return referring;
  }

  /** The version on probation stays; unless its uplinks have proved themselves only if `anyway`. */
  async confirm(version: number, proof: { unproved: Unproved; anyway: boolean }): Promise<void> {
    await this.#turns.take(async () => {
      if (this.#pending?.version !== version) {
        throw new Refused(`version ${version} is not to be confirmed`);
      }
      const [first] = this.unproved(proof.unproved);
      if (first !== undefined && !proof.anyway) {
        const todo = "wait for its first acknowledgement, or keep it anyway";
        throw new Refused(`uplink "${first}" has acknowledged nothing in the new state; ${todo}`);
      }
      if (version !== this.#usedVersion) {
        throw new Refused(`version ${version} is not in use yet: confirm it from the new state`);
      }
      await this.#store.clearPending();
      this.#pending = null;
    });
  }

  /** The version before the one on probation comes back, as a new one. */
  async rollBack(who: string, why: string): Promise<void> {
    await this.#turns.take(async () => {
      const pending = this.#pending;
      if (!pending) throw new Refused("there is nothing to be taken back");
      const { log, clock } = this.#lent;
      const { version } = pending;
      const old = await this.#store.lastUntil(pending.previous);
      if (old) {
        await this.#keepHandEdit().catch((error: unknown) => {
          log.warn("what was changed by hand in the file is not kept", { error });
        });
        const { text } = old;
        const changes = await this.#changesTo(text);
        // One version, however often it has to be tried.
        this.#back ??= await this.#store.add({ atMs: clock.nowMs(), who, why, changes, text });
        await this.#replace(this.#back);
        this.#back = null;
      }
      await this.#store.clearPending();
      this.#pending = null;
      if (old) log.warn(`version ${version} of the configuration is taken back: ${why}`);
      else log.error(`version ${version} stays, as none before it can be read: ${why}`);
    });
  }

  /**
   * What the newest version means, for the gateway to take up; null if it cannot be read any more.
   * `known` is what the file said at the start: a large one is not worth having twice.
   */
  async load(known: GatewayConfig | null = null): Promise<GatewayConfig | null> {
    this.#changing = new AbortController();
    this.#loadedVersion = this.#newest.version;
    if (known && !this.#isReplaced) return known;
    const newest = this.#newest;
    // Its thread may have ended over another one.
    const meaning = this.meaningOf(newest).catch(() => this.meaningOf(newest));
    return await meaning.catch((error: unknown) => {
      this.#lent.log.error("the configuration could not be read", { error });
      return null;
    });
  }

  /** What was loaded last is what runs from now on. */
  noteInUse(): void {
    this.#usedVersion = this.#loadedVersion;
  }

  /** Takes back what nobody confirms and what does not prove itself, until `signal` aborts. */
  async watch(signal: AbortSignal, unproved: Unproved): Promise<void> {
    const { clock, log } = this.#lent;
    await watchProbation(this, { unproved, clock, log, signal });
  }

  /** A full disk must not keep what ended the process: then the watch goes on trying. */
  async #resume(pending: Pending | null): Promise<void> {
    if (!pending) return;
    if (this.#newest.version !== pending.version) {
      // The power went before the file was replaced, or after the old one came back.
      await this.#store.clearPending();
      return;
    }
    const { log } = this.#lent;
    await this.#probe({ ...pending, startCount: pending.startCount + 1 }).catch((error) => {
      log.error("that a version of the configuration is on trial is not kept", { error });
    });
    if (pending.startCount === 0 && !this.#back) return;
    this.#deadlineMs = this.#lent.clock.monotonicMs();
    const why = this.#back?.why ?? `it began twice with version ${pending.version}`;
    await this.rollBack(BY_ITSELF, why).catch((error: unknown) => {
      log.error("the configuration could not be taken back yet", { error });
    });
  }

  /** That nobody can tell what differs keeps nothing from coming back. */
  async #changesTo(next: string): Promise<ConfigVersion["changes"]> {
    try {
      return [...(await this.#work.changes({ text: this.#newest.text, next }))];
    } catch (error) {
      this.#lent.log.warn("what changes with the version before is not known", { error });
      return [];
    }
  }

  /** Whoever has an editor is somebody, too: makes a version of what the file says; true if so. */
  async #keepHandEdit(): Promise<boolean> {
    const text = await textIfThere(this.#path);
    if (text === null || text === this.#newest.text) return false;
    this.#newest = await this.#store.add(byHand(text, this.#newest, this.#lent.clock.nowMs()));
    return true;
  }

  async #probe(pending: Pending): Promise<void> {
    this.#deadlineMs = this.#lent.clock.monotonicMs() + this.confirmMsMax;
    this.#pending = pending;
    await this.#store.markPending(pending);
  }

  async #replace(version: ConfigVersion): Promise<void> {
    await replaceFile(this.#path, version.text).catch(async (error: unknown) => {
      // It may be in its place though the disk does not say so.
      if ((await textIfThere(this.#path)) !== version.text) throw error;
    });
    this.#isReplaced = true;
    this.#newest = version;
    const changing = this.#changing;
    void this.#lent.clock
      .sleep(ANSWER_MS, new AbortController().signal)
      .then(() => changing.abort());
  }
}
