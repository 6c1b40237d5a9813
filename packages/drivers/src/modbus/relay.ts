import type { Clock } from "@headgate/model";
import type { LineTalk } from "./line-talk.ts";
import type { RegisterCache } from "./register-cache.ts";
import { isFailure, type Reply } from "./reply.ts";
import { isRead, type Request, readRequest } from "./request.ts";
import { GUEST_RANK_MS } from "./turn-queue.ts";
import type { Unit } from "./unit.ts";

/** What a connection lends to whoever brings requests of other masters. */
export interface RelayDeps {
  readonly talk: LineTalk;
  readonly clock: Clock;
  readonly cache: RegisterCache | undefined;
  readonly needsReadBeforeWrite: () => boolean;
  /** Why the unit is not asked now; null if it is. */
  readonly restingReason: (unit: Unit) => string | null;
  /** The gateway's own write that is under way; null if none is. */
  readonly ownWrite: () => Promise<unknown> | null;
}

/** A request of another master. */
export interface Guest {
  readonly request: Request;
  readonly timeoutMs: number;
  /** False once nobody waits for the answer any more: then it is not sent. */
  readonly isWanted: () => boolean;
  /** Called when it is about to be sent. */
  readonly onSend: () => void;
}

/** It was not sent: nobody waited for it any more. */
export const GIVEN_UP: Reply = { kind: "exception", code: 6 };
/** The unit does not answer, and is not asked now. */
export const RESTING: Reply = { kind: "exception", code: 11 };
const OWN_WRITE_FIRST: Reply = { kind: "exception", code: 6 };

/**
 * Asks for another master, within the guests' share of the line. A read that was answered lately
 * is not put again. A write goes neither before nor amid one of the gateway's own: that one may
 * read a register, change a bit of it and write it back.
 */
export async function relay(deps: RelayDeps, guest: Guest): Promise<Reply> {
  const { talk, clock } = deps;
  const { request, timeoutMs } = guest;
  const kept = fromCache(deps, request);
  if (kept) return kept;
  const unit = talk.guestUnit(request.unitId);
  if (deps.restingReason(unit) !== null) return RESTING;
  if (unit.health.isDead) talk.dead.tried(timeoutMs, clock.monotonicMs());
  const instead = () => withoutAsking(deps, guest);
  const options = { rankMs: GUEST_RANK_MS, timeoutMs, instead };
  if (!isRead(request) && deps.needsReadBeforeWrite()) {
    const { unitId, from } = request;
    const table = "bits" in request ? "coil" : "holding";
    // Whatever it answers: the line learns from it whether an adapter echoes.
    const reply = await talk.ask(unit, readRequest({ unitId, table, from, count: 1 }), options);
    if (isFailure(reply)) return reply;
  }
  for (;;) {
    const reply = await talk.ask(unit, request, options);
    if (reply !== OWN_WRITE_FIRST) return reply;
    // Whether it succeeded is its owner's affair.
    await Promise.allSettled([deps.ownWrite()]);
  }
}

/** Once the line is free: what makes asking needless. */
function withoutAsking(deps: RelayDeps, { request, isWanted, onSend }: Guest): Reply | null {
  if (!isWanted()) return GIVEN_UP;
  const kept = fromCache(deps, request);
  if (kept) return kept;
  if (!isRead(request) && deps.ownWrite() !== null) return OWN_WRITE_FIRST;
  onSend();
  return null;
}

function fromCache({ cache, clock }: RelayDeps, request: Request): Reply | null {
  if (!cache || !isRead(request)) return null;
  const bytes = cache.take(request, clock.monotonicMs());
  return bytes && { kind: "answer", bytes };
}
