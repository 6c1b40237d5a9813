import type { Buffer, Sample, Seq, Stream } from "@headgate/model";
import { createMemoryBuffer } from "@headgate/sync/buffer";
import type { Life } from "./life.ts";
import type { World } from "./world-parts.ts";

const COMMIT_INTERVAL_MS = 500;
/** About two minutes of blocks: in a longer outage the oldest are lost, with a record. */
const CAPACITY_BYTES_MAX = 24_000;
/** The uplink that drains it. */
export const UPLINK_ID = "cloud";
const never = new AbortController().signal;

interface Waiting {
  readonly samples: readonly Sample[];
  readonly resolve: (seq: Seq) => void;
}

/** What survives a power cut, lent to one life of the gateway at a time. */
export class DurableLog {
  readonly disk: Buffer;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    let epochCount = 0;
    this.disk = createMemoryBuffer({
      clock: world.clock,
      uplinkIds: [UPLINK_ID],
      capacityBytesMax: CAPACITY_BYTES_MAX,
      epochId: () => `epoch-${++epochCount}`,
    });
    this.#noteHeads();
  }

  /** A buffer that commits in groups; what is not committed at the end of `life` is lost. */
  lend(life: Life): Buffer {
    const { disk } = this;
    let queue: Waiting[] = [];
    let isClosed = false;
    const commit = async () => {
      const group = queue;
      queue = [];
      if (life.isOver || group.length === 0) return;
      const seq = await this.#commit(group.flatMap(({ samples }) => samples));
      for (const { resolve } of group) resolve(seq);
    };
    const commitLater = async () => {
      const { clock, rng } = this.#world;
      await clock.sleep(COMMIT_INTERVAL_MS + rng.between(1, 100), never);
      await commit();
    };
    const buffer: Buffer = {
      append: (samples) => {
        if (isClosed) return Promise.reject(new Error("append samples: the buffer is closed"));
        this.#world.oracle.appended(samples);
        if (queue.length === 0) void commitLater();
        const durable = new Promise<Seq>((resolve) => queue.push({ samples, resolve }));
        return life.within(() => durable);
      },
      appendMedia: () => Promise.reject(new Error("there are no pictures in this world")),
      read: (range, limits) => life.within(() => disk.read(range, limits)),
      pointList: (hash) => life.within(() => disk.pointList(hash)),
      acknowledge: (uplinkId, ranges) =>
        life.within(() => {
          for (const range of ranges) this.#world.oracle.acknowledged(range.epoch, range);
          return disk.acknowledge(uplinkId, ranges);
        }),
      startEpoch: (stream, reason) => life.within(() => this.startEpoch(stream, reason)),
      quarantine: (range, reason) => life.within(() => disk.quarantine(range, reason)),
      changed: (revision, signal) => life.within(() => disk.changed(revision, signal)),
      status: () => disk.status(),
      async close() {
        await commit();
        isClosed = true;
      },
    };
    return buffer;
  }

  /** Ends the current epoch, as a buffer does that cannot trust its end. */
  async startEpoch(stream: Stream, reason: string): Promise<void> {
    this.#world.oracle.note(`new epoch of ${stream}: ${reason}`);
    await this.disk.startEpoch(stream, reason);
    this.#noteHeads();
  }

  async #commit(samples: readonly Sample[]): Promise<Seq> {
    const current = this.#mainEpoch();
    // Told before it is: the append wakes the drain in the same turn.
    const first = current.headSeq + 1;
    const committing = this.disk.append(samples);
    const last = this.#mainEpoch().headSeq;
    this.#world.oracle.committed(samples, { epoch: current.epoch, first, last });
    return committing;
  }

  #mainEpoch() {
    const main = this.disk.status().epochs.find((one) => one.isCurrent && one.stream === "main");
    if (!main) throw new Error("stream main has no epoch");
    return main;
  }

  #noteHeads(): void {
    for (const { epoch, headSeq } of this.disk.status().epochs) {
      this.#world.oracle.head(epoch, headSeq);
    }
  }
}
