import { type Context, describeError, Refused, Unreachable } from "@headgate/model";
import type {
  ClientSession,
  ClientSessionPublishService,
  ClientSessionRawSubscriptionService,
  DeleteSubscriptionsRequestOptions,
  OPCUAClient,
  ReadRequest,
  TransferSubscriptionsRequestOptions,
  TransferSubscriptionsResponse,
} from "node-opcua-client";
import type { Config } from "./settings.ts";
import { Structures } from "./structures.ts";
import { within } from "./within.ts";

/** How long a goodbye may take; a hung server gets none. */
const closingMs = 2_000;

/** What a session stands on. */
export interface LinkParts {
  readonly client: OPCUAClient;
  readonly session: ClientSession;
  readonly config: Config;
  readonly context: Context;
}

/** What every request has. */
export type ServiceRequest = Pick<ReadRequest, "requestHeader" | "schema">;

/** With the services of subscriptions, which the library has but does not name in its type. */
export type Session = ClientSession &
  ClientSessionPublishService &
  Pick<ClientSessionRawSubscriptionService, "createSubscription" | "createMonitoredItems"> & {
    transferSubscriptions(
      request: TransferSubscriptionsRequestOptions,
    ): Promise<TransferSubscriptionsResponse>;
    deleteSubscriptions(request: DeleteSubscriptionsRequestOptions): Promise<unknown>;
    /** Any request, with its answer as it came. */
    performMessageTransaction(
      request: ServiceRequest,
      done: (error: Error | null, answer?: unknown) => void,
    ): void;
  };

/** How one request is waited for. */
export interface AskOptions {
  readonly signal?: AbortSignal;
  /** The channel's `timeout` if absent. */
  readonly timeoutMs?: number;
  /** That it is refused, or not answered in time, says nothing of the session: `Refused`. */
  readonly isSparing?: boolean;
}

/** What a server says where the session itself is gone. */
const aboutSession = /Bad(Session|SecureChannel|Tcp|Connection|ServerHalted|Shutdown)|ECONN|EPIPE/;

export const isAboutSession = (text: string): boolean => aboutSession.test(text);

/** One session on one server. Once lost it stays lost: whoever asks it is told `Unreachable`. */
export class Link {
  readonly session: Session;
  readonly config: Config;
  readonly context: Context;
  readonly structures: Structures;
  readonly #client: OPCUAClient;
  readonly #ending = new AbortController();
  #closed: Promise<void> | undefined;

  constructor({ client, session, config, context }: LinkParts) {
    this.#client = client;
    this.session = session as unknown as Session;
    this.config = config;
    this.context = context;
    const { clock, log } = context;
    this.structures = new Structures({ session, clock, log, lost: this.lost });
    client.on("close", () => this.lose("connection lost"));
    session.on("session_closed", () => this.lose("session closed by the server"));
  }

  /** Aborts, with an `Unreachable` as its reason, when the session is lost or closed. */
  get lost(): AbortSignal {
    return this.#ending.signal;
  }

  /** Declares the session lost; the first reason is the one that is told. */
  lose(why: string): Unreachable {
    const fault = new Unreachable(`opcua "${this.config.endpoint}": ${why}`);
    if (this.lost.aborted) return this.lost.reason as Unreachable;
    this.#ending.abort(fault);
    return fault;
  }

  /** The answer to one request. Any failure of most means that the session is of no more use. */
  async ask<T>(what: string, request: () => Promise<T>, given: AskOptions = {}): Promise<T> {
    const { lost, config, context } = this;
    const { signal, timeoutMs = config.timeout } = given;
    if (lost.aborted) throw lost.reason;
    const signals = signal ? [lost, signal] : [lost];
    try {
      return await within(request(), { clock: context.clock, timeoutMs, signals });
    } catch (error) {
      if (signal?.aborted) throw new Unreachable(`${what}: stopped`);
      const text = `${what}: ${describeError(error)}`;
      const isSpared = given.isSparing && !lost.aborted && !isAboutSession(text);
      throw isSpared ? new Refused(text) : this.lose(text);
    }
  }

  /** Ends session and channel; safe to call twice, never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.lose("closed");
    await disconnect(this.#client, this.context);
  }
}

/** Says goodbye, but not for long. */
export async function disconnect(client: OPCUAClient, { clock, log }: Context): Promise<void> {
  try {
    await within(client.disconnect(), { clock, timeoutMs: closingMs, signals: [] });
  } catch (error) {
    // The far side may be gone or hung: the socket is given up all the same.
    log.debug("goodbye unanswered", { error });
  }
}
