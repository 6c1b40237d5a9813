import { readFile, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, type Log, Misconfigured, Refused } from "@headgate/model";
import { replaceFile } from "../access/durable-file.ts";
import { type ConfigChange, compareConfigs } from "../compare-configs.ts";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import { loadConfig, loadText } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import type { Problem } from "../config/problem.ts";
import { type Change, diffConfig } from "./diff-config.ts";
import { bringBackSecrets, hideSecrets, withoutSecrets } from "./hidden-secrets.ts";
import { isRiskyChange, type Probation, proofOf, type Unproved } from "./probation.ts";
import { type ConfigVersion, type Pending, VersionStore } from "./version-store.ts";

/** Without a word from the new state for so long, the old one comes back. */
export const CONFIRM_MS_MAX = 90_000;
/** Whoever applied hears the answer before anything stops. */
const ANSWER_MS = 300;
const COMPARED_CHARACTERS_MAX = 64 * 1024;
/** What could cut off whoever changes it. */
const RISKY = /^(gateway(?!\.name$)|buffer|uplinks|web)(\.|$)/;
/** How often it is seen whether uplinks have proved themselves. */
const PROOF_MS = 500;
const TAKE_BACK_AGAIN_MS = 10_000;

/** What a text would mean, before it is applied. */
export interface Draft {
  readonly text: string;
  readonly problems: readonly Problem[];
  /** Null if it has mistakes. */
  readonly config: GatewayConfig | null;
  readonly changes: readonly Change[];
  /** It comes back by itself unless it is confirmed. */
  readonly isRisky: boolean;
  /** What stops for it, and begins again; null where that cannot be told. */
  readonly stops: ConfigChange | null;
}

interface Edit {
  readonly text: string;
  /** The version that was looked at. */
  readonly seen: number;
  readonly who: string;
  readonly why: string;
}

interface Lent {
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  readonly log: Log;
  /** `CONFIRM_MS_MAX` if absent. */
  readonly confirmMsMax?: number;
}

/** Somebody else was faster. */
export class ChangedMeanwhile extends Error {
  override name = "ChangedMeanwhile";
  readonly newest: ConfigVersion;
  constructor(newest: ConfigVersion) {
    super(`${newest.who} made version ${newest.version} meanwhile`);
    this.newest = newest;
  }
}

/** A gateway's configuration file, with every version of it. */
export class Configuration {
  readonly #path: string;
  readonly #store: VersionStore;
  readonly #lent: Lent;
  #newest: ConfigVersion;
  #pending: Pending | null = null;
  #back: ConfigVersion | null = null;
  #deadlineMs = 0;
  #loadedVersion = 0;
  /** The file is not what it was at the start. */
  #isReplaced = false;
  #usedVersion = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #changing = new AbortController();
  #loaded: { readonly version: number; readonly config: GatewayConfig | null } | null = null;

  private constructor(path: string, store: VersionStore, newest: ConfigVersion, lent: Lent) {
    this.#path = path;
    this.#store = store;
    this.#newest = newest;
    this.#lent = lent;
  }

  /** Looks at the file and at what is kept of it; a version that was never confirmed may go. */
  static async open(path: string, folder: string, lent: Lent): Promise<Configuration> {
    const real = await realpath(path);
    const store = new VersionStore(folder);
    const text = await readFile(real, "utf8");
    const kept = await store.newest();
    const newest =
      kept?.text === text ? kept : await store.add(byHand(text, kept, lent.clock.nowMs()));
    const configuration = new Configuration(real, store, newest, lent);
    await configuration.#resume(await store.pending());
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

  read(version: number): Promise<ConfigVersion | null> {
    return this.#store.read(version);
  }

  /** What a text would change, and what is wrong with it. Changes nothing. */
  async check(given: string, lang: Lang): Promise<Draft> {
    const text = bringBackSecrets(given, this.#newest.text);
    const { catalogue } = this.#lent;
    const { config, problems } = await loadText(text, catalogue, {
      directory: dirname(this.#path),
      lang,
    });
    const changes = changesBetween(this.#newest.text, text);
    const current = config && (await this.#current());
    const stops = current && compareConfigs(current, config);
    const isRisky = stops ? isRiskyChange(stops) : changes.some(({ path }) => RISKY.test(path));
    return { text, problems, config, changes, isRisky, stops };
  }

  /** Makes a version of it, and the gateway take it up. One after the other. */
  async apply(edit: Edit): Promise<ConfigVersion> {
    return await this.#inTurn(async () => {
      if (edit.seen !== this.#newest.version) throw new ChangedMeanwhile(this.#newest);
      if (this.#pending) {
        throw new Refused(`version ${this.#pending.version} is to be confirmed first`);
      }
      const draft = await this.check(edit.text, "en");
      if (!draft.config) throw new Misconfigured("the configuration has mistakes");
      const moved = draft.changes.find(({ path }) => path === "buffer.path");
      if (moved) throw new Refused("buffer.path holds all that is kept: change it in the file");
      const { who, why } = edit;
      const { text, changes } = draft;
      const previous = this.#newest.version;
      const atMs = this.#lent.clock.nowMs();
      const added = await this.#store.add({ atMs, who, why, changes: [...changes], text });
      if (draft.isRisky) {
        const proof = proofOf(draft);
        await this.#probe({ version: added.version, previous, startCount: 0, ...proof });
      }
      try {
        await this.#replace(added);
      } catch (cause) {
        this.#pending = null;
        await this.#store.clearPending();
        throw new Refused(`the file ${this.#path} could not be replaced`, { cause });
      }
      return added;
    });
  }

  /** The version on probation stays; unless its uplinks have proved themselves only if `anyway`. */
  async confirm(version: number, proof: { unproved: Unproved; anyway: boolean }): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#pending?.version !== version) {
        throw new Refused(`version ${version} is not to be confirmed`);
      }
      const [first] = this.unproved(proof.unproved);
      if (first !== undefined && !proof.anyway) {
        const todo = "wait for its first acknowledgement, or keep it anyway";
        throw new Refused(`uplink "${first}" has acknowledged nothing in the new state; ${todo}`);
      }
      await this.#store.clearPending();
      this.#pending = null;
    });
  }

  /** The version before the one on probation comes back, as a new one. */
  async rollBack(who: string, why: string): Promise<void> {
    await this.#inTurn(async () => {
      const pending = this.#pending;
      const old = pending && (await this.#store.read(pending.previous));
      if (!pending) throw new Refused("there is nothing to be taken back");
      if (old) {
        const { text } = old;
        const changes = [...changesBetween(this.#newest.text, text)];
        const atMs = this.#lent.clock.nowMs();
        // One version, however often it has to be tried.
        this.#back ??= await this.#store.add({ atMs, who, why, changes, text });
        await this.#replace(this.#back);
        this.#back = null;
      }
      await this.#store.clearPending();
      this.#pending = null;
      this.#lent.log.warn(`version ${pending.version} of the configuration is taken back: ${why}`);
    });
  }

  /**
   * What the file says now, for the gateway's next life. `known` is what it said at the start: a
   * large one is not worth having twice.
   */
  async load(known: GatewayConfig | null = null): Promise<GatewayConfig | null> {
    this.#changing = new AbortController();
    this.#loadedVersion = this.#newest.version;
    if (known && !this.#isReplaced) return known;
    return (await loadConfig(this.#path, this.#lent.catalogue)).config;
  }

  /** What was loaded last is what runs from now on. */
  noteInUse(): void {
    this.#usedVersion = this.#loadedVersion;
  }

  /** Takes back what nobody confirms and what does not prove itself, until `signal` aborts. */
  async watch(signal: AbortSignal, unproved: Unproved): Promise<void> {
    const { clock, log } = this.#lent;
    const probation = this.probation();
    if (!probation) return;
    const { version, needsWord } = probation;
    const isOver = () => signal.aborted || this.#pending?.version !== version;
    for (let leftMs = probation.leftMs; leftMs > 0; leftMs = this.probation()?.leftMs ?? 0) {
      await clock.sleep(Math.min(leftMs, PROOF_MS), signal);
      if (isOver()) return;
      if (needsWord || this.unproved(unproved).length > 0) continue;
      await this.confirm(version, { unproved, anyway: false });
      log.info(`version ${version} of the configuration stays: its uplinks are acknowledged`);
      return;
    }
    if (isOver()) return;
    const silent = this.unproved(unproved);
    const said = silent.length > 0 ? `nothing was acknowledged of ${silent.join(", ")}` : "";
    await this.#takeBack(said || `nobody confirmed version ${version}`, isOver, signal);
  }

  /** Again and again: a full disk must not keep a version that cut somebody off. */
  async #takeBack(why: string, isOver: () => boolean, signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#lent;
    while (!isOver()) {
      try {
        await this.rollBack("the gateway", why);
      } catch (error) {
        log.error("the configuration could not be taken back yet", { error });
        await clock.sleep(TAKE_BACK_AGAIN_MS, signal);
      }
    }
  }

  async #resume(pending: Pending | null): Promise<void> {
    if (!pending) return;
    if (this.#newest.version !== pending.version) {
      // The power went before the file was replaced, or after the old one came back.
      await this.#store.clearPending();
      return;
    }
    await this.#probe({ ...pending, startCount: pending.startCount + 1 });
    if (pending.startCount > 0) {
      await this.rollBack("the gateway", `it began twice with version ${pending.version}`);
    }
  }

  async #probe(pending: Pending): Promise<void> {
    await this.#store.markPending(pending);
    this.#pending = pending;
    this.#deadlineMs = this.#lent.clock.monotonicMs() + this.confirmMsMax;
  }

  async #replace(version: ConfigVersion): Promise<void> {
    await replaceFile(this.#path, version.text);
    this.#isReplaced = true;
    this.#newest = version;
    const changing = this.#changing;
    void this.#lent.clock
      .sleep(ANSWER_MS, new AbortController().signal)
      .then(() => changing.abort());
  }

  /** What the version in use means. */
  async #current(): Promise<GatewayConfig | null> {
    const { version, text } = this.#newest;
    if (this.#loaded?.version !== version) {
      const options = { directory: dirname(this.#path), lang: "en" } as const;
      const { config } = await loadText(text, this.#lent.catalogue, options);
      this.#loaded = { version, config };
    }
    return this.#loaded.config;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    // The next one is tried for itself.
    this.#turn = turn.catch(() => null);
    return await turn;
  }
}

/** A text as it may be shown. */
export function shownText({ text }: Pick<ConfigVersion, "text">): string {
  return hideSecrets(text);
}

function byHand(text: string, kept: ConfigVersion | null, atMs: number) {
  // A start does not wait for a large file to be compared.
  const isSmall = text.length <= COMPARED_CHARACTERS_MAX;
  const changes = kept && isSmall ? [...changesBetween(kept.text, text)] : [];
  const why = kept ? "the file was changed by hand" : "the first start";
  return { atMs, who: "the file", why, changes, text };
}

function changesBetween(old: string, next: string): readonly Change[] {
  return diffConfig(withoutSecrets(old), withoutSecrets(next));
}
