import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Clock, describeError, type Log, Refused } from "@headgate/model";
import type { GatewayStatus } from "../status.ts";
import { Turns } from "../turns.ts";
import { goalOf, unreached } from "./gate.ts";
import { GATE_MS_MAX } from "./launch-contract.ts";
import { confirmed, type ReleaseState, wentBack } from "./release-state.ts";
import {
  checkFits,
  explained,
  headFor,
  install,
  keysIn,
  removeOthers,
  takeBack,
} from "./releases.ts";
import { readState, writeState } from "./state-file.ts";
import { readTrustedKeys } from "./trusted-keys.ts";
import { proveUpdate, UPDATE_BYTES_MAX, type UpdateHead } from "./update-file.ts";
import type { Piece, Staged, Updates, UpdateView } from "./updates.ts";

/** Whoever asked hears the answer before anything stops. */
const ANSWER_MS = 300;
const LOOK_MS = 500;
/** Of the gate: so long all has to be well without a break. */
const STEADY_SHARE = 0.2;

interface Place {
  /** Of the versions. */
  readonly folder: string;
  /** The one that this process is. */
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** `GATE_MS_MAX` if absent. */
  readonly gateMs?: number;
}

/** Takes updates for a gateway that the launcher started, and confirms its own version. */
export class UpdateDesk implements Updates {
  readonly #place: Place;
  readonly #restart = new AbortController();
  readonly #deadlineMs: number;
  #statusOf: () => GatewayStatus | null = () => null;
  #head: UpdateHead | null = null;
  #installing: string | null = null;
  #problem: string | null = null;
  #isToldUnkept = false;
  readonly #turns = new Turns();

  constructor(place: Place) {
    this.#place = place;
    this.#deadlineMs = place.clock.monotonicMs() + this.#gateMs;
  }

  /** Aborts when the process has to end, for the launcher to start what is current then. */
  get restart(): AbortSignal {
    return this.#restart.signal;
  }

  get folder(): string {
    return this.#place.folder;
  }

  get #gateMs(): number {
    return this.#place.gateMs ?? GATE_MS_MAX;
  }

  get #file(): string {
    return join(this.#place.folder, "upload", "update.hgu");
  }

  /** The gateway that runs now: it is what a version is judged by. */
  watch(statusOf: () => GatewayStatus | null): void {
    this.#statusOf = statusOf;
  }

  async view(): Promise<UpdateView> {
    const { folder, version, clock } = this.#place;
    const state = await readState(folder);
    const trial = ownTrial(state, version);
    const leftMs = Math.max(0, this.#deadlineMs - clock.monotonicMs());
    return {
      version,
      previous: state?.previous ?? null,
      signers: (await readTrustedKeys(keysIn(folder))).map(({ name }) => name),
      trial: trial && { leftMs, missing: unreached(trial.goal, this.#statusOf()) },
      last: state?.last ?? null,
      receivedBytes: await sizeOf(this.#file),
      staged: this.#head && stagedOf(this.#head),
      installing: this.#installing,
      problem: this.#problem,
    };
  }

  /** The next bytes of a file; with the last of them it is proved. The first begin a new one. */
  async take(piece: Piece): Promise<UpdateView> {
    return await this.#turns.take(async () => {
      const { offset, size, bytes } = piece;
      if (size > UPDATE_BYTES_MAX || offset + bytes.length > size) {
        throw new Refused(
          `an update has ${UPDATE_BYTES_MAX} bytes at most, and no more than it says`,
        );
      }
      if (offset === 0) {
        this.#head = null;
        this.#problem = null;
        await mkdir(dirname(this.#file), { recursive: true, mode: 0o700 });
      }
      await this.#write(piece).catch(async (error: unknown) => {
        const { code } = error as NodeJS.ErrnoException;
        // What fills the disk does not stay on it.
        if (code !== undefined) await this.#forgetFile();
        throw explained(error, this.#place.folder);
      });
      if (offset + bytes.length === size && this.#head === null) await this.#prove();
      return await this.view();
    });
  }

  /** One that is there already is one whose answer was lost on its way: it may be sent again. */
  async #write({ offset, bytes }: Piece): Promise<void> {
    const file = await open(this.#file, offset === 0 ? "w+" : "r+", 0o600);
    try {
      const received = (await file.stat()).size;
      if (received === offset + bytes.length) {
        const there = Buffer.alloc(bytes.length);
        await file.read(there, 0, there.length, offset);
        if (there.equals(bytes)) return;
      }
      if (received !== offset) throw new Refused(`${received} bytes are here: go on from there`);
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done);
        done += bytesWritten;
      }
    } finally {
      await file.close();
    }
  }

  /** Begins to install what was proved; what becomes of it is to be seen. */
  async install(version: string): Promise<void> {
    const head = this.#head;
    if (head?.manifest.version !== version) throw new Refused(`version ${version} is not here`);
    if (this.#installing !== null) throw new Refused(`${this.#installing} is being installed`);
    await checkFits(this.#place.folder, head);
    this.#installing = version;
    this.#problem = null;
    // On a slow card hundreds of files take longer than anybody waits for an answer.
    void this.#turns
      .take(async () => await this.#install(head))
      .catch((error: unknown) => {
        this.#place.log.error(`version ${version} could not be installed`, { error });
        this.#problem = describeError(error);
        this.#installing = null;
      });
  }

  async #install(head: UpdateHead): Promise<void> {
    const { folder, log } = this.#place;
    await install(folder, head, goalOf(this.#statusOf()));
    await this.#forgetFile();
    log.info(`version ${head.manifest.version} is installed, signed by ${head.signer}`);
    this.#end();
  }

  /** The kept version starts again. */
  async takeBack(who: string): Promise<string> {
    return await this.#turns.take(async () => {
      const { folder, clock, log } = this.#place;
      const previous = await takeBack(folder, who, clock.nowMs());
      log.warn(`back to version ${previous}, by ${who}`);
      this.#end();
      return previous;
    });
  }

  /** Confirms this version once it has come as far as the one before, or goes back in time. */
  async keepGate(signal: AbortSignal): Promise<void> {
    const { folder, version, clock, log } = this.#place;
    const trial = ownTrial(await readState(folder), version);
    if (trial === null) return;
    log.info(`version ${version} is on trial: it has ${this.#gateMs / 1000} s to prove itself`);
    let wellSinceMs: number | null = null;
    let missing: readonly string[] = [];
    while (!signal.aborted && clock.monotonicMs() < this.#deadlineMs) {
      await clock.sleep(LOOK_MS, signal);
      missing = unreached(trial.goal, this.#statusOf());
      const nowMs = clock.monotonicMs();
      wellSinceMs = missing.length > 0 ? null : (wellSinceMs ?? nowMs);
      if (wellSinceMs === null || nowMs - wellSinceMs < this.#gateMs * STEADY_SHARE) continue;
      if (await this.#stays()) return;
    }
    if (signal.aborted) return;
    const why = missing.join("; ") || "it was not well for long enough";
    log.error(`version ${version} did not prove itself: ${why}`);
    await this.#settle((state) => wentBack(state, why, clock.nowMs()));
  }

  /** A full disk that does not take that it is confirmed may have room a moment later. */
  async #stays(): Promise<boolean> {
    const { clock, log, version } = this.#place;
    try {
      await this.#settle((state) => confirmed(state, clock.nowMs()));
      return true;
    } catch (error) {
      if (!this.#isToldUnkept) log.error(`version ${version} cannot be confirmed yet`, { error });
      this.#isToldUnkept = true;
      return false;
    }
  }

  async #settle(next: (state: ReleaseState) => ReleaseState): Promise<void> {
    await this.#turns.take(async () => {
      const { folder, version, log } = this.#place;
      const state = await readState(folder);
      // Somebody may have been faster.
      if (state === null || ownTrial(state, version) === null) return;
      const settled = next(state);
      await writeState(folder, settled);
      if (settled.current !== version) return this.#end();
      log.info(`version ${version} has proved itself and stays`);
      await removeOthers(folder, settled);
    });
  }

  async #prove(): Promise<void> {
    const { folder } = this.#place;
    try {
      const head = await headFor(folder, this.#file);
      await checkFits(folder, head);
      await proveUpdate(head);
      this.#head = head;
    } catch (error) {
      await this.#forgetFile();
      throw error;
    }
  }

  async #forgetFile(): Promise<void> {
    this.#head = null;
    await rm(this.#file, { force: true });
  }

  #end(): void {
    const { clock } = this.#place;
    void clock.sleep(ANSWER_MS, new AbortController().signal).then(() => this.#restart.abort());
  }
}

function ownTrial(state: ReleaseState | null, version: string) {
  return state?.current === version ? state.trial : null;
}

function stagedOf({ manifest, signer }: UpdateHead): Staged {
  const { version, notes, files } = manifest;
  return {
    version,
    signer,
    notes,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    files: files.length,
  };
}

async function sizeOf(path: string): Promise<number> {
  return await stat(path).then(
    ({ size }) => size,
    () => 0, // None is on its way.
  );
}
