import type { Buffer } from "@headgate/model";
import type { Life } from "./life.ts";
import type { Oracle } from "./oracle.ts";

/** The buffer, and the oracle looks on. */
export function watchedBuffer(
  buffer: Buffer,
  { oracle, life }: { oracle: Oracle; life: Life },
): Buffer {
  return {
    async append(samples, stream) {
      oracle.appended(samples);
      const seq = await buffer.append(samples, stream);
      if (!life.isOver) oracle.promised(samples);
      return seq;
    },
    appendMedia: (media, timestampMs) => buffer.appendMedia(media, timestampMs),
    read: (range, limits) => buffer.read(range, limits),
    pointList: (hash) => buffer.pointList(hash),
    acknowledge(uplinkId, ranges) {
      for (const range of ranges) oracle.acknowledged(range.epoch, range);
      return buffer.acknowledge(uplinkId, ranges);
    },
    keepFor: (uplinkIds) => buffer.keepFor(uplinkIds),
    startEpoch: (stream, reason) => buffer.startEpoch(stream, reason),
    quarantine: (range, reason, uplinkId) => buffer.quarantine(range, reason, uplinkId),
    changed: (revision, signal) => buffer.changed(revision, signal),
    status: () => buffer.status(),
    close: () => buffer.close(),
  };
}
