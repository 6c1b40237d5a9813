import type { LeftSubscriptions } from "./held-subscription.ts";
import type { Link } from "./link.ts";
import type { Notices } from "./notices.ts";
import type { Outbox } from "./outbox.ts";
import type { Publisher } from "./publisher.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";

/** What one subscription needs. */
export interface SubscribeOptions {
  readonly link: Link;
  readonly publisher: Publisher;
  readonly left: LeftSubscriptions;
  readonly facts: ServerFacts;
  readonly points: readonly OpcuaPoint[];
  readonly outbox: Outbox;
  readonly notices: Notices;
  readonly signal: AbortSignal;
}
