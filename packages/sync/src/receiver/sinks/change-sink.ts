import { isPostgresUrl } from "../postgres/address.ts";
import * as postgres from "../postgres/sink-admin.ts";
import * as sqlite from "../sqlite/sink-admin.ts";

/**
 * What a person does about a sink: retry what it refused, refill its queue with the whole record,
 * or forget it.
 */
export type SinkChange = "retry" | "refill" | "forget";

/** Also while a receiver runs. Resolves with how many entries it concerned. */
export async function changeSink(store: string, sink: string, change: SinkChange): Promise<number> {
  const { retryAside, refillSink, forgetSink } = isPostgresUrl(store) ? postgres : sqlite;
  const body = { retry: retryAside, refill: refillSink, forget: forgetSink }[change];
  return body(store, sink);
}
