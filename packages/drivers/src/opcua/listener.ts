import { describeError } from "@headgate/model";
import type {
  DataChangeNotification,
  DataValue,
  ExtensionObject,
  MonitoredItemNotification,
  NotificationMessage,
  StatusChangeNotification,
} from "node-opcua-client";
import type { HeldSubscription } from "./held-subscription.ts";
import type { Link } from "./link.ts";
import type { Outbox } from "./outbox.ts";
import type { Publisher, Subscriber } from "./publisher.ts";
import { republish } from "./republish.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import { sampleOf } from "./sample-of.ts";
import { isAfter, numbersBetween } from "./sequence.ts";

/** Silence for this many keep-alives is a loss. */
const keepAlivesMissedMax = 3;
/** Messages that are asked for again at once. */
const missingMax = 1_000;
/** A server that so often in a row had none of what it left out is not asked for more. */
const vainAsksMax = 3;
/** Who is waited for so long gives none of the others either. */
const catchUpMsMax = 30_000;
/** Messages that wait for one before them; past that the server is too fast, or too slow. */
const laterMax = 10_000;

/** What a listener stands on. */
export interface ListenerOptions {
  readonly link: Link;
  readonly publisher: Publisher;
  readonly points: readonly OpcuaPoint[];
  readonly outbox: Outbox;
  readonly held: HeldSubscription;
}

/** Makes samples of the messages of one subscription, in their order, each once. */
export class Listener implements Subscriber {
  readonly held: HeldSubscription;
  readonly silenceMs: number;
  readonly ending = new AbortController();
  heardMs: number;
  readonly #options: ListenerOptions;
  /** Whether structures may come: those are looked into. */
  readonly #hasParts: boolean;
  /** Messages that came while an earlier one was not done with; null while there is none. */
  #later: NotificationMessage[] | null = null;
  /** After a transfer, by the place of a point: the time that was told of it. */
  #told: Map<number, number> | null = null;
  #isRepeating = false;
  /** The server may yet tell the session before that its subscription has gone to us. */
  #awaitsTransferred = false;
  #hasWarned = false;
  #vainAsks = 0;
  /** Messages came that could not be read, wholly or in part. */
  #hasMissed = false;

  constructor(options: ListenerOptions) {
    const { held, link, points } = options;
    this.#options = options;
    this.held = held;
    this.silenceMs = held.publishingMs * held.keepAliveCount * keepAlivesMissedMax;
    this.heardMs = link.context.clock.monotonicMs();
    this.#hasParts = points.some(({ address }) => address.field !== undefined);
  }

  get id(): number {
    return this.held.id;
  }

  heard(message: NotificationMessage): void {
    const { link } = this.#options;
    this.heardMs = link.context.clock.monotonicMs();
    if (this.#later) {
      if (this.#later.push(message) > laterMax) {
        this.ended(`more than ${laterMax} messages wait for one that did not come`);
      }
      return;
    }
    const work = this.#takeOrWait(message);
    if (work) void this.#inTurn(work);
  }

  missed(): void {
    const { log } = this.#options.link.context;
    const level = this.#hasMissed ? "debug" : "warn";
    log[level]("a message of the server cannot be read; its points are read instead");
    this.#hasMissed = true;
  }

  /** Whether changes may have been missed since it was asked. */
  takeMissed(): boolean {
    const hasMissed = this.#hasMissed;
    this.#hasMissed = false;
    return hasMissed;
  }

  ended(why: string): void {
    this.ending.abort(why);
  }

  /** The subscription is another session's until `ready` settles: what comes waits for it. */
  takeOver(ready: Promise<readonly number[] | null>): void {
    this.#told = new Map();
    this.#awaitsTransferred = true;
    void this.#inTurn(ready.then((available) => this.#fetch(available ?? [])));
  }

  /** What did not come before the line was lost. */
  async #fetch(available: readonly number[]): Promise<void> {
    const { publisher } = this.#options;
    const { id, lastNumber } = this.held;
    const missed = available.filter((number) => isAfter(number, lastNumber)).slice(-missingMax);
    for (const number of available) {
      if (!missed.includes(number)) publisher.acknowledge(id, number);
    }
    await this.#catchUp(missed);
    this.#isRepeating = true;
  }

  /** Places of items of which nothing was told since the subscription was taken over. */
  takeUntold(): number[] {
    const told = this.#told;
    this.#told = null;
    return told ? this.held.items.filter((place) => !told.has(place)) : [];
  }

  /** One thing after the other: what comes meanwhile waits. */
  async #inTurn(first: Promise<void>): Promise<void> {
    const later: NotificationMessage[] = [];
    this.#later = later;
    try {
      await first;
      for (let message = later.shift(); message; message = later.shift()) {
        await this.#takeOrWait(message);
      }
    } catch (error) {
      this.#options.link.lose(`read messages: ${describeError(error)}`);
    }
    this.#later = null;
  }

  /** Nothing to wait for in all but rare cases: those go on at once. */
  #takeOrWait(message: NotificationMessage): Promise<void> | undefined {
    const { lastNumber } = this.held;
    const { sequenceNumber } = message;
    // Some servers do not begin with 1.
    const missed = lastNumber === 0 ? [] : numbersBetween(lastNumber, sequenceNumber, missingMax);
    if (missed.length > 0) {
      return this.#catchUp(missed).then(() => this.#take(message));
    }
    return this.#take(message);
  }

  async #catchUp(missed: readonly number[]): Promise<void> {
    const { link } = this.#options;
    const { clock } = link.context;
    const isVain = this.#vainAsks >= vainAsksMax;
    const endMs = clock.monotonicMs() + (isVain ? 0 : catchUpMsMax);
    let lostCount = 0;
    for (const number of missed) {
      const isAsked = clock.monotonicMs() < endMs;
      const message = isAsked ? await republish(link, this.held.id, number) : null;
      if (message) await this.#take(message);
      else lostCount++;
      this.held.lastNumber = number;
    }
    this.#vainAsks = lostCount < missed.length ? 0 : this.#vainAsks + 1;
    const fields = { subscription: this.held.id, asked: missed.length, lost: lostCount };
    if (lostCount > 0) {
      // Once: some servers count keep-alives too, and so leave numbers out all the time.
      const level = this.#hasWarned ? "debug" : "warn";
      this.#hasWarned = true;
      link.context.log[level]("the server no longer has some messages", fields);
    }
    if (missed.length > lostCount) link.context.log.info("messages were fetched again", fields);
  }

  #take(message: NotificationMessage): Promise<void> | undefined {
    const data = message.notificationData ?? [];
    // A keep-alive bears the number of the message that comes next.
    if (data.length === 0) return undefined;
    const { structures } = this.#options.link;
    const looked = this.#hasParts ? structures.lookInto(valuesIn(data)) : undefined;
    if (looked) return looked.then(() => this.#tell(message, data));
    this.#tell(message, data);
    return undefined;
  }

  #tell({ sequenceNumber }: NotificationMessage, data: readonly (ExtensionObject | null)[]): void {
    const { link, publisher, outbox } = this.#options;
    const nowMs = link.context.clock.nowMs();
    for (const notification of data) {
      const name = notification?.schema.name;
      if (name === "DataChangeNotification") {
        const { monitoredItems } = notification as DataChangeNotification;
        // The library leaves it empty where one of its values leads nowhere.
        if (!monitoredItems?.length) this.missed();
        this.#tellItems(monitoredItems ?? [], nowMs);
      } else if (name === "StatusChangeNotification") {
        this.#tellStatus((notification as StatusChangeNotification).status.name);
      }
    }
    this.held.lastNumber = sequenceNumber;
    publisher.acknowledge(this.held.id, sequenceNumber);
    outbox.flushSoon();
  }

  /** What the session before did not fetch any more comes to us: also that it has been left. */
  #tellStatus(name: string): void {
    const isOldWord = this.#awaitsTransferred && name === "GoodSubscriptionTransferred";
    this.#awaitsTransferred = false;
    if (!isOldWord) this.ended(`subscription ended: ${name}`);
  }

  #tellItems(items: readonly MonitoredItemNotification[], nowMs: number): void {
    const { points, outbox } = this.#options;
    const places = this.held.items;
    for (const { clientHandle, value } of items) {
      const place = places[clientHandle - 1];
      const point = place === undefined ? undefined : points[place];
      if (place === undefined || !point) continue;
      if (this.#told && this.#isAgain(place, value)) continue;
      outbox.add(place, sampleOf(point, value, nowMs));
    }
    this.#isRepeating = false;
  }

  /** What a transfer repeats may have come with a message that was fetched again. */
  #isAgain(place: number, { sourceTimestamp }: DataValue): boolean {
    const timeMs = sourceTimestamp?.getTime() ?? Number.NaN;
    if (this.#isRepeating && this.#told?.get(place) === timeMs) return true;
    // Of what is repeated nothing else is compared with: two values may have one time.
    this.#told?.set(place, this.#isRepeating ? Number.NaN : timeMs);
    return false;
  }
}

function valuesIn(data: readonly (ExtensionObject | null)[]): DataValue[] {
  return data.flatMap((notification) => {
    if (notification?.schema.name !== "DataChangeNotification") return [];
    const { monitoredItems } = notification as DataChangeNotification;
    return (monitoredItems ?? []).map(({ value }) => value);
  });
}
