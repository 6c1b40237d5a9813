import {
  type Commit,
  type Committed,
  InProcessStore,
  type OpenedStore,
  openStore,
  type StoreCaller,
  type StoreCalls,
  StoreFault,
} from "@headgate/sync/cores";
import type { Life } from "./life.ts";
import type { World } from "./world-parts.ts";

const never = new AbortController().signal;
const COMMIT_MS_MAX = 40;
const SLOW_MS_MAX = 4000;
const READ_MS_MAX = 8;

/** A disk of one gateway, and what happens to it. */
export interface Disk {
  /** Names it among all disks of this world. */
  readonly image: string;
  /** What the buffer on it may use. */
  readonly capacityBytesMax: number;
  /** No commit finds room before this; monotonic. */
  fullUntilMs: number;
  /** Whether it has failed in this life of its gateway. */
  hasFailed: boolean;
}

/** The real database, on a disk that is slow, full or broken as the weather will have it. */
export class SimulatedDisk implements StoreCaller {
  readonly #parts: { readonly world: World; readonly life: Life; readonly disk: Disk };
  readonly #inner: InProcessStore;
  readonly #ended = new AbortController();
  #opened: OpenedStore | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: { world: World; life: Life; disk: Disk }) {
    this.#parts = parts;
    this.#inner = new InProcessStore((request) => {
      this.#opened = openStore(request);
      return this.#opened;
    });
    parts.life.afterwards(() => this.#letGo());
  }

  call<Name extends keyof StoreCalls>(
    name: Name,
    request: Parameters<StoreCalls[Name]>[0],
  ): Promise<ReturnType<StoreCalls[Name]>> {
    const answer = this.#turn.then(() => this.#answer(name, request));
    this.#turn = answer.catch(() => {
      // Who called hears of it; the next call goes on.
    });
    return this.#parts.life.within(() => Promise.race([answer, this.#untilEnded()]));
  }

  async end(): Promise<void> {
    this.#ended.abort();
    this.#letGo();
  }

  #letGo(): void {
    this.#opened?.abandon();
    this.#opened = null;
  }

  #untilEnded(): Promise<never> {
    return new Promise((_, reject) => {
      const end = () => reject(new Error("the buffer's thread ended"));
      if (this.#ended.signal.aborted) end();
      else this.#ended.signal.addEventListener("abort", end, { once: true });
    });
  }

  async #answer<Name extends keyof StoreCalls>(
    name: Name,
    request: Parameters<StoreCalls[Name]>[0],
  ): Promise<ReturnType<StoreCalls[Name]>> {
    const { world, life } = this.#parts;
    await life.clock.sleep(this.#delayMs(name), never);
    if (!life.step() || this.#ended.signal.aborted) return new Promise(() => {});
    if (name !== "commit") {
      const answer = await this.#inner.call(name, request);
      if (name === "close") this.#opened = null;
      return answer;
    }
    this.#expectRoom();
    const isFailing = world.rng.chance(world.sky.weather.commitFailed);
    if (isFailing && world.rng.chance(0.5)) this.#fail("nothing of it is stored");
    const answer = await this.#inner.call(name, request);
    this.#note(request as Commit, answer as Committed);
    if (isFailing) this.#fail("all of it is stored");
    return answer;
  }

  #delayMs(name: keyof StoreCalls): number {
    const { rng, sky } = this.#parts.world;
    if (name !== "commit") return rng.between(0, READ_MS_MAX);
    return rng.between(1, rng.chance(sky.weather.commitSlow) ? SLOW_MS_MAX : COMMIT_MS_MAX);
  }

  #expectRoom(): void {
    const { world, disk } = this.#parts;
    if (world.clock.monotonicMs() >= disk.fullUntilMs) return;
    disk.hasFailed = true;
    throw new StoreFault("database or disk is full", "SQLITE_FULL");
  }

  #fail(what: string): never {
    const { world, disk } = this.#parts;
    disk.hasFailed = true;
    world.history.note(`a commit fails, ${what}`);
    throw new StoreFault("disk I/O error", "SQLITE_IOERR_FSYNC");
  }

  #note(commit: Commit, committed: Committed): void {
    const { world, disk } = this.#parts;
    const wrongs = world.oracle.facts.committed(disk.image, commit, committed);
    for (const wrong of wrongs) world.oracle.violate(wrong);
    const numbers = commit.blocks.map(({ stream, seq }) => `${stream} ${seq}`).join();
    world.history.trace(`${disk.image} commits ${numbers}, ${committed.usedBytes} bytes`);
    if (committed.usedBytes > disk.capacityBytesMax) {
      const what = `the buffer uses ${committed.usedBytes} bytes`;
      world.oracle.violate(`${what}, it may use ${disk.capacityBytesMax}`);
    }
    for (const { epoch, stream } of commit.epochs) {
      world.history.note(`new epoch ${epoch} of ${stream}`);
    }
    for (const gap of committed.gaps ?? []) {
      world.history.trace(`gap ${gap.first} to ${gap.last}: ${gap.reason}`);
    }
  }
}
