import { describeError } from "@headgate/model";
import { type NotificationMessage, PublishRequest, type PublishResponse } from "node-opcua-client";
import type { Link } from "./link.ts";
import { UNDECODABLE } from "./undecodable-answers.ts";

/** Requests that wait at the server beside one for each subscription: what a slow line hides. */
const requestsSpare = 4;
const requestsMax = 20;
/** Messages that are acknowledged with one request at most; the rest with the next. */
const acknowledgedMax = 1_000;
/** So many in a row refused, with no answer between: the server takes none at all. */
const refusalsMax = 20;
/** A time that every server understands. */
const hintMax = 0x7fff_ffff;

/** Who is told of the messages of one subscription. */
export interface Subscriber {
  readonly id: number;
  /** Longest silence of a server that lives. */
  readonly silenceMs: number;
  heard(message: NotificationMessage): void;
  /** Something came that nobody can read: it may have been its own. */
  missed(): void;
  /** The server has ended it. */
  ended(why: string): void;
}

interface Acknowledgement {
  readonly subscriptionId: number;
  readonly sequenceNumber: number;
}

/** Keeps requests waiting at the server, and tells each subscription of its messages. */
export class Publisher {
  readonly #link: Link;
  readonly #subscribers = new Map<number, Subscriber>();
  #acknowledged: Acknowledgement[] = [];
  #waitingCount = 0;
  #waitingMax = requestsMax;
  #refusalCount = 0;

  constructor(link: Link) {
    this.#link = link;
  }

  /** From now on its messages are its own; `begin` asks for them. */
  add(subscriber: Subscriber): void {
    this.#subscribers.set(subscriber.id, subscriber);
  }

  begin(): void {
    const wanted = Math.min(this.#waitingMax, this.#subscribers.size + requestsSpare);
    if (this.#link.lost.aborted) return;
    while (this.#subscribers.size > 0 && this.#waitingCount < wanted) this.#send();
  }

  remove(id: number): void {
    this.#subscribers.delete(id);
    this.#acknowledged = this.#acknowledged.filter(({ subscriptionId }) => subscriptionId !== id);
  }

  /** The server need not keep this message any more. */
  acknowledge(subscriptionId: number, sequenceNumber: number): void {
    this.#acknowledged.push({ subscriptionId, sequenceNumber });
  }

  #send(): void {
    const { session } = this.#link;
    const silences = [...this.#subscribers.values()].map(({ silenceMs }) => silenceMs);
    const subscriptionAcknowledgements = this.#acknowledged.splice(0, acknowledgedMax);
    const request = new PublishRequest({
      // All that wait may be answered one after the other, each after a silence.
      requestHeader: { timeoutHint: Math.min(hintMax, Math.max(...silences) * requestsMax) },
      subscriptionAcknowledgements,
    });
    this.#waitingCount++;
    session.publish(request, (error, response) => {
      this.#waitingCount--;
      if (this.#link.lost.aborted) return;
      if (response && !error) {
        this.#refusalCount = 0;
        this.#tell(response);
      } else {
        this.#acknowledged.unshift(...subscriptionAcknowledgements);
        this.#failed(error);
      }
      this.begin();
    });
  }

  /** Whatever stands in it: what is thrown here the library would swallow. */
  #tell({ subscriptionId, notificationMessage }: PublishResponse): void {
    try {
      this.#subscribers.get(subscriptionId)?.heard(notificationMessage);
    } catch (error) {
      this.#link.lose(`read a message: ${describeError(error)}`);
    }
  }

  #failed(error: unknown): void {
    const text = describeError(error);
    if (++this.#refusalCount > refusalsMax) {
      this.#link.lose(`publish: refused ${this.#refusalCount} times in a row: ${text}`);
    } else if (text.includes(UNDECODABLE)) {
      for (const subscriber of this.#subscribers.values()) subscriber.missed();
    } else if (text.includes("BadTooManyPublishRequests")) {
      this.#waitingMax = Math.max(1, this.#waitingCount);
    } else if (text.includes("BadNoSubscription")) {
      const subscribers = [...this.#subscribers.values()];
      this.#subscribers.clear();
      for (const subscriber of subscribers) subscriber.ended("subscription ended by the server");
    } else if (!text.includes("BadTimeout")) {
      // One that waited for longer than it had to is asked anew; all else is the session's end.
      this.#link.lose(`publish: ${text}`);
    }
  }
}
