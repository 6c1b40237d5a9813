import type { Sample } from "@headgate/model";
import type { Link } from "./link.ts";
import type { OpcuaPoint } from "./resolve-nodes.ts";
import type { ServerFacts } from "./server-facts.ts";

/** What one subscription needs. */
export interface SubscribeOptions {
  readonly link: Link;
  readonly facts: ServerFacts;
  readonly points: readonly OpcuaPoint[];
  readonly emit: (samples: Sample[]) => void;
  readonly signal: AbortSignal;
}
