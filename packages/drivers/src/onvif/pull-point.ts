import { type Clock, Refused } from "@headgate/model";
import type { Camera } from "./camera.ts";
import { type EventMessage, parseMessages } from "./event-message.ts";
import type { Operation } from "./soap-sender.ts";
import { find, textAt, type XmlElement } from "./xml.ts";

/** A place in the camera where it keeps our events until we fetch them. */
export interface PullPoint {
  /** Waits up to `waitMs` for events. */
  pull(waitMs: number, signal: AbortSignal): Promise<EventMessage[]>;
  /** Makes the camera tell the state of everything once more. */
  synchronize(signal: AbortSignal): Promise<void>;
  /** Extends the subscription if half its life is over. */
  renewIfDue(signal: AbortSignal): Promise<void>;
  /** Gives the camera its place back. */
  unsubscribe(signal: AbortSignal): Promise<void>;
}

const EVENTS = "http://www.onvif.org/ver10/events/wsdl";
const NOTIFICATION = "http://docs.oasis-open.org/wsn/b-2";
const MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager";

// In seconds, since some cameras misread minutes; short, since a lost one blocks a place so long.
const LIFE_MS = 120_000;
const LIFE = `PT${LIFE_MS / 1000}S`;
const MESSAGES_MAX = 50;

/** Asks the camera for a subscription to all events. */
export async function createPullPoint(
  camera: Camera,
  { eventsUrl, reach, clock }: { eventsUrl: URL; reach: (address: string) => URL; clock: Clock },
  signal: AbortSignal,
): Promise<PullPoint> {
  const created = await camera.call(
    {
      name: "CreatePullPointSubscription",
      url: eventsUrl,
      action: `${EVENTS}/EventPortType/CreatePullPointSubscriptionRequest`,
      body:
        `<CreatePullPointSubscription xmlns="${EVENTS}">` +
        `<InitialTerminationTime>${LIFE}</InitialTerminationTime></CreatePullPointSubscription>`,
      referenceParameters: [],
    },
    signal,
  );
  const reference = find(created, "SubscriptionReference");
  const address = textAt(reference, "Address");
  if (!address) throw new Refused(`CreatePullPointSubscription at ${camera.name}: no address`);
  const url = reach(address);
  const referenceParameters = find(reference, "ReferenceParameters")?.children ?? [];
  const ask: Ask = (name, { action, body, extraMs = 0 }, signal) =>
    camera.call({ name, url, action, body, referenceParameters, extraMs }, signal);
  return pullPointOf(ask, { lifeMs: lifeLeftMs(created) ?? LIFE_MS, clock });
}

type Ask = (
  name: string,
  operation: Pick<Operation, "action" | "body" | "extraMs">,
  signal: AbortSignal,
) => Promise<XmlElement>;

function pullPointOf(ask: Ask, { lifeMs, clock }: { lifeMs: number; clock: Clock }): PullPoint {
  let endsAtMs = clock.monotonicMs() + lifeMs;
  return {
    async pull(waitMs, signal) {
      const seconds = Math.max(1, Math.round(waitMs / 1000));
      const body =
        `<PullMessages xmlns="${EVENTS}"><Timeout>PT${seconds}S</Timeout>` +
        `<MessageLimit>${MESSAGES_MAX}</MessageLimit></PullMessages>`;
      const action = `${EVENTS}/PullPointSubscription/PullMessagesRequest`;
      const answer = await ask("PullMessages", { action, body, extraMs: seconds * 1000 }, signal);
      if (answer.name !== "PullMessagesResponse") {
        throw new Refused(`PullMessages: odd answer ${answer.name}`);
      }
      // Many cameras extend the life by this very request.
      const leftMs = lifeLeftMs(answer);
      if (leftMs !== undefined) endsAtMs = Math.max(endsAtMs, clock.monotonicMs() + leftMs);
      return parseMessages(answer);
    },
    async synchronize(signal) {
      const action = `${EVENTS}/PullPointSubscription/SetSynchronizationPointRequest`;
      const body = `<SetSynchronizationPoint xmlns="${EVENTS}"/>`;
      await ask("SetSynchronizationPoint", { action, body }, signal);
    },
    async renewIfDue(signal) {
      // Half of what the camera granted, which may be less than what we asked for.
      if (endsAtMs - clock.monotonicMs() > lifeMs / 2) return;
      const life = `<TerminationTime>${LIFE}</TerminationTime>`;
      const body = `<Renew xmlns="${NOTIFICATION}">${life}</Renew>`;
      const answer = await ask("Renew", { action: `${MANAGER}/RenewRequest`, body }, signal);
      endsAtMs = clock.monotonicMs() + (lifeLeftMs(answer) ?? lifeMs);
    },
    async unsubscribe(signal) {
      const body = `<Unsubscribe xmlns="${NOTIFICATION}"/>`;
      await ask("Unsubscribe", { action: `${MANAGER}/UnsubscribeRequest`, body }, signal);
    },
  };
}

/** Between the camera's own two times, so that its clock does not matter. */
function lifeLeftMs(answer: XmlElement): number | undefined {
  const leftMs =
    Date.parse(textAt(answer, "TerminationTime") ?? "") -
    Date.parse(textAt(answer, "CurrentTime") ?? "");
  return leftMs > 0 ? leftMs : undefined;
}
