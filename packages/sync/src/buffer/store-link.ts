import type { MessagePort } from "node:worker_threads";
import type { Block, Context } from "@headgate/model";
import { BlockCache } from "./block-cache.ts";
import { Ledger } from "./ledger.ts";
import { LossLog } from "./loss-log.ts";
import { type BufferOptions, quotasOf } from "./options.ts";
import type {
  Commit,
  Committed,
  Opened,
  OpenStore,
  StoreCaller,
  StoreCalls,
  StoreSpace,
} from "./store-messages.ts";

const CACHE_BYTES_MAX = 2 * 1024 * 1024;

const NO_SPACE: StoreSpace = {
  usedBytes: 0,
  mediaUsedBytes: 0,
  ackedBytes: 0,
  totals: { takenCount: 0, storedCount: 0, thinnedCount: 0, goneCount: 0 },
  fills: [],
};

/** What a buffer is lent besides its options. */
export interface StoreLinkParts {
  /** Begins a way to the database; called again after a fault, when the one before has ended. */
  startStore(): StoreCaller;
  /** Tells a copied disk from its original; "" where nothing does. */
  readonly machineId: string;
  readonly context: Context;
}

/** The database and what this thread knows of it: its books and its newest blocks. */
export class StoreLink {
  readonly ledger: Ledger;
  readonly cache = new BlockCache(CACHE_BYTES_MAX);
  space: StoreSpace = NO_SPACE;
  /** What was known of the clock when the database was opened first. */
  clockBook = "";
  readonly #options: BufferOptions;
  readonly #parts: StoreLinkParts;
  readonly #losses: LossLog;
  #store: StoreCaller;

  constructor(options: BufferOptions, parts: StoreLinkParts) {
    this.#options = options;
    this.#parts = parts;
    this.#losses = new LossLog(parts.context.log);
    this.#store = parts.startStore();
    this.ledger = new Ledger(options.uplinkIds);
  }

  /** Opens the database. */
  async open(isFirst = true): Promise<Opened> {
    const { directory } = this.#options;
    const { machineId, context } = this.#parts;
    const nowMs = context.clock.nowMs();
    const quotas = quotasOf(this.#options);
    const request: OpenStore = { directory, ...quotas, machineId, nowMs, isFirst };
    const opened = await this.call("open", request);
    this.ledger.loadCursors(opened.cursors);
    this.ledger.update(opened.epochs, opened.gaps);
    this.space = spaceOf(opened);
    this.#losses.begin(opened.fills);
    if (isFirst) this.clockBook = opened.clockBook;
    if (opened.setAsidePath !== "") {
      const { setAsidePath: path } = opened;
      this.#parts.context.log.error("buffer damaged: the file was set aside, a new one begins", {
        path,
      });
    }
    return opened;
  }

  /** Lets go of a database that failed, whatever it says, and opens it anew. */
  async reopen(): Promise<Opened> {
    await this.#store.end();
    this.#store = this.#parts.startStore();
    this.cache.deleteWhere(() => true);
    return this.open(false);
  }

  call<Name extends keyof StoreCalls>(
    name: Name,
    request: Parameters<StoreCalls[Name]>[0],
  ): Promise<ReturnType<StoreCalls[Name]>> {
    return this.#store.call(name, request);
  }

  /** Lets another work in the database's thread; false if it has none just now. */
  lend(port: MessagePort): boolean {
    return this.#store.lend?.(port) ?? false;
  }

  /** Takes over what a commit changed. */
  apply(commit: Commit, committed: Committed): void {
    for (const [index, { bytes, media, ...block }] of commit.blocks.entries()) {
      const encoded = committed.encoded[index];
      if (encoded && media === null) this.cache.add({ ...block, ...encoded });
    }
    const gone = [...commit.trims, ...committed.thinned, ...(committed.gaps ?? [])];
    const isGone = ({ stream, epoch, seq }: Block) =>
      gone.some(
        (range) =>
          range.stream === stream &&
          range.epoch === epoch &&
          range.first <= seq &&
          range.last >= seq,
      );
    if (gone.length > 0) this.cache.deleteWhere(isGone);
    this.space = spaceOf(committed);
    this.#losses.note(committed.fills, this.#parts.context.clock.monotonicMs());
    this.ledger.update(committed.epochs, committed.gaps);
    this.ledger.forgetEpochs(commit.emptyEpochs);
  }

  async close(): Promise<void> {
    try {
      await this.call("close", null);
    } catch (error) {
      this.#parts.context.log.error("buffer not closed in order: it is checked at the next start", {
        error,
      });
    }
    await this.#store.end();
  }
}

function spaceOf(space: StoreSpace): StoreSpace {
  const { usedBytes, mediaUsedBytes, ackedBytes, totals, fills } = space;
  return { usedBytes, mediaUsedBytes, ackedBytes, totals, fills };
}
