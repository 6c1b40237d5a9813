import {
  type Batch,
  type Lane,
  type Notice,
  Refused,
  type Session,
  Unreachable,
} from "@headgate/model";

/** A session whose `changes` stand in for what it does. */
function changed(session: Session, changes: Partial<Session>): Session {
  return {
    get limits() {
      return session.limits;
    },
    confirmation: session.confirmation,
    send: (batch, signal) => session.send(batch, signal),
    notices: (signal) => session.notices(signal),
    close: () => session.close(),
    ...changes,
  };
}

export function trustingBroker(session: Session): Session {
  return changed(session, { confirmation: "taken" });
}

/** Leaves out what `isSent` says no to. */
export function sending(
  session: Session,
  isSent: (entry: Batch["entries"][number], lane: Lane) => boolean,
): Session {
  return changed(session, {
    async send({ lane, entries }, signal) {
      const sent = entries.filter((entry) => isSent(entry, lane));
      if (sent.length > 0) await session.send({ lane, entries: sent }, signal);
    },
  });
}

/** Does not hear what `isHeard` says no to. */
export function hearing(session: Session, isHeard: (notice: Notice) => boolean): Session {
  return changed(session, {
    async *notices(signal) {
      for await (const notice of session.notices(signal)) if (isHeard(notice)) yield notice;
    },
  });
}

/** Takes a refusal for a loss of the line. */
export function holdingToRefused(session: Session): Session {
  return changed(session, {
    async send(batch, signal) {
      try {
        await session.send(batch, signal);
      } catch (error) {
        throw error instanceof Refused ? new Unreachable(error.message) : error;
      }
    },
  });
}
