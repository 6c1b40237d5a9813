import type { MessagePort } from "node:worker_threads";
import {
  type BlockRange,
  type Buffer,
  type BufferStatus,
  type Context,
  type Entry,
  type Media,
  type PointList,
  type ReadLimits,
  type Sample,
  type SampleStream,
  type Seq,
  type Stream,
  Unreachable,
} from "@headgate/model";
import { encodeEpochBody } from "../block/epoch-body.ts";
import { type ClockWatch, clockBlockOf, watchClock } from "./clock-watch.ts";
import { CommitLoop } from "./commit-loop.ts";
import { newEpochId } from "./epoch-id.ts";
import type { Ledger } from "./ledger.ts";
import { MediaIntake } from "./media-intake.ts";
import { type BufferOptions, quotasOf } from "./options.ts";
import { readEntries } from "./read-entries.ts";
import { SampleLane } from "./sample-lane.ts";
import { CUT_OFF, StoreFault } from "./store-fault.ts";
import type { StoreLink } from "./store-link.ts";
import type { NewEpoch } from "./store-messages.ts";

/** Point lists kept at hand; others are asked of the database. */
const POINT_LISTS_MAX = 16;

/** An epoch to begin, and why. */
type EpochToBegin = Omit<NewEpoch, "epoch"> & { readonly reason: string };

/** The durable buffer: packs here, stores in a worker thread. */
export class SqliteBuffer implements Buffer {
  readonly #options: BufferOptions;
  readonly #context: Context;
  readonly #link: StoreLink;
  readonly #ledger: Ledger;
  readonly #loop: CommitLoop;
  readonly #lanes: Readonly<Record<SampleStream, SampleLane>>;
  readonly #media: MediaIntake;
  readonly #clock: ClockWatch;
  readonly #lists = new Map<string, PointList>();
  #appendedCount = 0;
  #closing: Promise<void> | null = null;

  constructor(link: StoreLink, options: BufferOptions, context: Context) {
    this.#options = options;
    this.#context = context;
    this.#link = link;
    this.#ledger = link.ledger;
    const clock = watchClock(context.clock, link.clockBook);
    this.#clock = clock;
    const seal = () => {
      this.#look();
      this.#seal();
    };
    const loop = new CommitLoop({ link, options, context, clock, seal });
    this.#loop = loop;
    const noteList = (list: PointList) => this.#noteList(list);
    const lent = { options, context, loop, clock, noteList };
    const laneOf = (stream: Stream) => new SampleLane({ stream, ...lent });
    this.#lanes = {
      events: laneOf("events"),
      main: laneOf("main"),
      history: laneOf("history"),
    };
    loop.onEncoded = (samples, bytes) => this.#lanes.main.learn(samples, bytes);
    this.#media = new MediaIntake(options.directory, this.#loop);
  }

  /** Starts committing; resolves when there is a current epoch in each stream. */
  async start(reasons: readonly { stream: Stream; reason: string }[]): Promise<void> {
    this.#loop.start();
    await Promise.all(reasons.map((begun) => this.#begin(begun)));
  }

  append(samples: readonly Sample[], stream: SampleStream = "main"): Promise<Seq> {
    if (this.#closing) return Promise.reject(new Error("append samples: the buffer is closed"));
    if (samples.length === 0) return Promise.resolve(this.#ledger.current(stream)?.headSeq ?? 0);
    this.#appendedCount += samples.length;
    this.#look();
    // Many gateways never have any events or history: such a stream begins with its first sample.
    if (!this.#loop.hasEpoch(stream))
      void this.#begin({ stream, reason: `first ${stream}` }).catch(() => {
        // The buffer was closed before: `append` says so too.
      });
    return this.#lanes[stream].append(samples);
  }

  async appendMedia(media: Media, timestampMs: number): Promise<Seq> {
    if (this.#closing) throw new Error("append picture: the buffer is closed");
    this.#look();
    // By the clock that dated it, which may be set while its file is written.
    const clock = this.#clock.stamp({ isDeviceTime: false, hasSamples: true });
    return this.#media.append(media, timestampMs, clock);
  }

  read(range: BlockRange, limits: ReadLimits): Promise<Entry[]> {
    const { directory } = this.#options;
    const damaged = (bad: BlockRange) =>
      this.#loop.replace({ range: bad, reason: "damaged", note: "its bytes are not those stored" });
    return this.#sound(readEntries({ range, limits, link: this.#link, directory, damaged }));
  }

  async pointList(hash: string): Promise<PointList | null> {
    return this.#lists.get(hash) ?? (await this.#sound(this.#link.call("pointList", hash)));
  }

  /** What the database answers; if it fails, it is opened anew and the caller may try again. */
  async #sound<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (cause) {
      if (!(cause instanceof StoreFault)) throw cause;
      if (cause.code !== CUT_OFF) this.#loop.noteBroken(cause);
      throw new Unreachable("read buffer: the database failed and is opened anew", { cause });
    }
  }

  /** Lets another work in the buffer's thread; false if there is none just now. */
  lend(port: MessagePort): boolean {
    return this.#link.lend(port);
  }

  acknowledge(uplinkId: string, ranges: readonly BlockRange[]): Promise<void> {
    if (this.#ledger.acknowledge(uplinkId, ranges)) this.#loop.noteAcknowledged();
    return Promise.resolve();
  }

  keepFor(uplinkIds: readonly string[]): void {
    this.#ledger.keepFor(uplinkIds);
    // What only one that went still lacked may go.
    this.#loop.noteAcknowledged();
  }

  startEpoch(stream: Stream, reason: string): Promise<void> {
    return this.#begin({ stream, reason, endsFork: true });
  }

  async #begin({ stream, reason, endsFork = false }: EpochToBegin): Promise<void> {
    if (stream !== "media") this.#lanes[stream].seal();
    const startedMs = this.#context.clock.nowMs();
    const epoch = (this.#options.epochId ?? newEpochId)(startedMs);
    const previous = this.#loop.beginEpoch({ stream, epoch, endsFork });
    const bytes = encodeEpochBody({ ...previous, reason, startedMs });
    const times = { fromMs: startedMs, toMs: startedMs, sampleCount: 0, schemaHash: "" };
    const seq = this.#loop.push({ kind: "epoch", stream, ...times, bytes, media: null }, null);
    await this.#loop.durable(epoch, seq);
    this.#context.log.info("epoch started", { stream, epoch, reason });
  }

  async quarantine(range: BlockRange, reason: string, uplinkId?: string): Promise<boolean> {
    if (uplinkId !== undefined && this.#ledger.isWantedByOthers(range, uplinkId)) return false;
    await this.#loop.replace({ range, reason: "quarantined", note: reason });
    return true;
  }

  changed(revision: number, signal: AbortSignal): Promise<number> {
    return this.#ledger.changed(revision, signal);
  }

  status(): BufferStatus {
    const quotas = quotasOf(this.#options);
    const { capacityBytesMax, mediaCapacityBytesMax } = quotas;
    const ofLate = (stream: Stream, bytes: number) => (this.#loop.hasEpoch(stream) ? bytes : 0);
    return {
      epochs: this.#ledger.epochStatuses(),
      cursors: this.#ledger.cursorStatuses(),
      gaps: this.#ledger.gaps,
      appendedCount: this.#appendedCount,
      committedCount: this.#loop.committedCount,
      droppedCount: this.#loop.droppedCount,
      ...this.#link.space,
      capacityBytesMax:
        capacityBytesMax +
        mediaCapacityBytesMax +
        ofLate("events", quotas.eventsCapacityBytesMax) +
        ofLate("history", quotas.historyCapacityBytesMax),
      mediaCapacityBytesMax,
      ...this.#clock.asStatus(),
      problems: this.#loop.problems(),
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    for (const lane of Object.values(this.#lanes)) lane.takeAll();
    await this.#media.settled();
    await this.#loop.stop();
    await this.#link.close();
  }

  /** What was dated before a step of the clock, and what is dated after it, do not mix. */
  #look(): void {
    const seen = this.#loop.hasEpoch("main") ? this.#clock.look() : null;
    if (!seen) return;
    for (const lane of Object.values(this.#lanes)) lane.takeAll();
    this.#seal();
    // The first blocks that a wrong clock dated may be those just sealed: then it is to be told.
    const change = (seen.told ? null : this.#clock.look()) ?? seen;
    this.#clock.take(change);
    if (change.told) this.#loop.push(clockBlockOf(change.told), null);
    this.#context.log.info(change.told?.reason ?? "the clock's state is known anew");
  }

  #seal(): void {
    for (const lane of Object.values(this.#lanes)) lane.seal();
  }

  #noteList(list: PointList): void {
    if (this.#lists.size >= POINT_LISTS_MAX) this.#lists.clear();
    this.#lists.set(list.hash, list);
  }
}
