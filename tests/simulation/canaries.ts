import type { Buffer, Session } from "@headgate/model";
import { extentOf } from "@headgate/model";
import { countOf, differenceOf, spansOf, unionOf } from "@headgate/sync/cores";
import { UPLINK_ID } from "./durable-log.ts";
import type { ModelStore } from "./model-store.ts";

const BACKLOG_BLOCKS = 40;

/** A mistake put into the world on purpose: a simulation that does not see it is blind. */
export interface Canary {
  readonly wrapBuffer?: (buffer: Buffer) => Buffer;
  readonly wrapSession?: (session: Session) => Session;
  readonly wrapStore?: (store: ModelStore) => ModelStore;
}

/** Each by the mistake that it is. */
export const CANARIES: Readonly<Record<string, Canary>> = {
  "the drain acknowledges before it sends": {
    wrapBuffer: (buffer) => ({
      ...buffer,
      async read(range, limits) {
        const entries = await buffer.read(range, limits);
        const spans = spansOf(entries.map(extentOf));
        await buffer.acknowledge(
          UPLINK_ID,
          spans.map((span) => ({ ...range, ...span })),
        );
        return entries;
      },
    }),
  },
  "gap records are forgotten": {
    wrapSession: (session) => sending(session, ({ kind }) => kind !== "gap"),
  },
  "what is asked for again is not sent": {
    wrapSession: (session) => sending(session, (_entry, lane) => lane !== "r"),
  },
  "live samples wait for the backlog": { wrapBuffer: tellingLate },
  "a scan is kept twice": {
    wrapBuffer: (buffer) => ({
      ...buffer,
      append: (samples) => buffer.append([...samples, ...samples]),
    }),
  },
  "a sample is dropped on its way into the buffer": {
    wrapBuffer: (buffer) => ({ ...buffer, append: (samples) => buffer.append(samples.slice(1)) }),
  },
  "the receiver acknowledges before it commits": { wrapStore: acknowledgingEarly },
};

type Entry = Parameters<Session["send"]>[0]["entries"][number];

/** A session that leaves out what `isSent` says no to. */
function sending(session: Session, isSent: (entry: Entry, lane: string) => boolean): Session {
  return {
    limits: session.limits,
    confirmation: session.confirmation,
    notices: (signal) => session.notices(signal),
    close: () => session.close(),
    async send({ lane, entries }, signal) {
      const sent = entries.filter((entry) => isSent(entry, lane));
      if (sent.length > 0) await session.send({ lane, entries: sent }, signal);
    },
  };
}

/** A buffer that tells of new blocks only once the backlog is through. */
function tellingLate(buffer: Buffer): Buffer {
  let frozenAt: number | null = null;
  return {
    ...buffer,
    status() {
      const status = buffer.status();
      const main = status.epochs.find((one) => one.isCurrent && one.stream === "main");
      if (!main) return status;
      const cursor = status.cursors.get(UPLINK_ID) ?? [];
      const held = spansOf(cursor.filter(({ epoch }) => epoch === main.epoch));
      const pendingUpTo = (last: number) => {
        return countOf(differenceOf([{ first: main.tailSeq, last }], held));
      };
      if (pendingUpTo(main.headSeq) > BACKLOG_BLOCKS) frozenAt ??= main.headSeq;
      if (frozenAt !== null && pendingUpTo(frozenAt) === 0) frozenAt = null;
      const headSeq = Math.min(main.headSeq, frozenAt ?? main.headSeq);
      const told = { ...main, headSeq };
      return { ...status, epochs: status.epochs.map((one) => (one === main ? told : one)) };
    },
  };
}

/** Commits a slice only when the next one comes, but counts it at once. */
function acknowledgingEarly(store: ModelStore): ModelStore {
  let pending: Parameters<ModelStore["commit"]>[0] = [];
  return {
    addPointList: (list) => store.addPointList(list),
    async commit(entries) {
      const earlier = pending;
      pending = entries;
      await store.commit(earlier);
    },
    standing: () =>
      store.standing().map((one) => {
        const early = pending
          .filter(({ epoch }) => epoch === one.epoch)
          .map((entry) => ("seq" in entry ? { first: entry.seq, last: entry.seq } : entry));
        return { ...one, covered: unionOf(one.covered, spansOf(early)) };
      }),
  };
}
