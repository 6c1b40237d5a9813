import {
  type Buffer,
  type Context,
  describeError,
  missing,
  type PointId,
  type Sample,
} from "@headgate/model";

/** The way of samples from the channels into the buffer. */
export interface Pipeline {
  /** Takes samples in; never waits, never throws. The buffer bounds what is on the way. */
  readonly keep: (samples: Sample[]) => void;
  /** Takes in what a device remembered; resolves once it is durable. */
  keepHistory(samples: readonly Sample[]): Promise<void>;
  /** Resolves when everything kept so far is durable. */
  settle(): Promise<void>;
}

/**
 * Pictures go to the media store before the sample that names them is appended; samples of
 * `eventIds` go into the stream of events.
 */
export function createPipeline(
  buffer: Buffer,
  { log }: Context,
  eventIds: ReadonlySet<PointId> = new Set(),
): Pipeline {
  const pending = new Set<Promise<unknown>>();
  let lastReason = "";
  const complain = (error: unknown) => {
    const reason = describeError(error);
    // On a full disk each scan fails: once is enough, the buffer's status tells the rest.
    if (reason !== lastReason) log.error("samples could not be kept", { reason });
    lastReason = reason;
  };
  const track = (promise: Promise<unknown>) => {
    const settled = promise
      .then(() => {
        lastReason = "";
      })
      .catch(complain)
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };
  const withMedia = async (sample: Sample): Promise<Sample> => {
    if (sample.quality === "bad" || !sample.media) return sample;
    try {
      await buffer.appendMedia(sample.media, sample.timestampMs);
      return sample;
    } catch (error) {
      // A sample must not name a picture that is not there; its neighbours are kept all the same.
      const reason = `picture not kept: ${describeError(error)}`;
      return missing(sample.pointId, sample.timestampMs, reason);
    }
  };
  const keepWithMedia = async (samples: Sample[]) => {
    const kept: Sample[] = [];
    for (const sample of samples) kept.push(await withMedia(sample));
    await append(kept);
  };
  // Not `async`: that would hold the samples in memory until they are durable.
  const append = (samples: readonly Sample[]): Promise<unknown> => {
    const isEvent = ({ pointId }: Sample) => eventIds.has(pointId);
    if (eventIds.size === 0 || !samples.some(isEvent)) return buffer.append(samples);
    const others = samples.filter((sample) => !isEvent(sample));
    const parts = [buffer.append(samples.filter(isEvent), "events")];
    if (others.length > 0) parts.push(buffer.append(others));
    return Promise.all(parts);
  };
  const hasMedia = (sample: Sample) => sample.quality !== "bad" && sample.media !== undefined;
  return {
    keep(samples) {
      if (samples.length === 0) return;
      track(samples.some(hasMedia) ? keepWithMedia(samples) : append(samples));
    },
    keepHistory: (samples) => appendHistory(buffer, samples),
    async settle() {
      await Promise.all(pending);
    },
  };
}

async function appendHistory(buffer: Buffer, samples: readonly Sample[]): Promise<void> {
  if (samples.length > 0) await buffer.append(samples, "history");
}
