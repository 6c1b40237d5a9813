import type { BlockClock, Media, Seq } from "@headgate/model";
import { boundedTimestamp } from "../block/bounded-timestamp.ts";
import { hashOf } from "../block/hash.ts";
import { encodeMediaBody } from "../block/media-body.ts";
import type { CommitLoop } from "./commit-loop.ts";
import { MediaFiles } from "./media-files.ts";
import { codeOf } from "./sqlite.ts";

interface Numbered {
  readonly epoch: string;
  readonly seq: Seq;
}

/** Takes pictures in: file first, then its block. */
export class MediaIntake {
  readonly #files: MediaFiles;
  readonly #loop: CommitLoop;
  readonly #writing = new Set<Promise<Numbered>>();

  constructor(directory: string, loop: CommitLoop) {
    this.#files = new MediaFiles(directory);
    this.#loop = loop;
  }

  async append(media: Media, timestampMs: number, clock?: BlockClock): Promise<Seq> {
    const writing = this.#write(media, timestampMs, clock);
    this.#writing.add(writing);
    try {
      const { epoch, seq } = await writing;
      return await this.#loop.durable(epoch, seq);
    } finally {
      this.#writing.delete(writing);
    }
  }

  /** Resolves when no picture is being written any more. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#writing);
  }

  async #write(media: Media, timestampMs: number, clock?: BlockClock): Promise<Numbered> {
    const { name, contentType, bytes } = media;
    const takenMs = boundedTimestamp(timestampMs);
    const times = { fromMs: takenMs, toMs: takenMs };
    const about = { stream: "media", sampleCount: 1, ...times, ...(clock && { clock }) } as const;
    try {
      await this.#files.write(media);
    } catch (error) {
      if (codeOf(error) !== "ENOSPC") throw error;
      return { epoch: this.#loop.epochOf("media"), seq: this.#loop.pushLost(about) };
    }
    const record = { name, contentType, pointId: pointIdOf(name), timestampMs: times.fromMs };
    const header = encodeMediaBody({ ...record, bytes: new Uint8Array(0) });
    const hash = hashOf(encodeMediaBody({ ...record, bytes }));
    const file = { name, bytes: bytes.length, hash };
    const block = { ...about, kind: "media", schemaHash: "", bytes: header, media: file } as const;
    return { epoch: this.#loop.epochOf("media"), seq: this.#loop.push(block, null) };
  }
}

/** Names are `device/point/time.jpg`. */
function pointIdOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf("/")));
}
