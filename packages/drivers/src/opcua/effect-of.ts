import { Refused, Unreachable } from "@headgate/model";
import type { StatusCode } from "node-opcua-client";
import { exchange, type Question } from "./exchange.ts";
import type { Link } from "./link.ts";

/** What a server says that may have done it all the same. */
const undecided = /Bad(Timeout|RequestTimeout|RequestInterrupted|Unexpected|Internal|\w*Abandoned)/;

interface Effect {
  readonly results?: readonly (StatusCode | { readonly statusCode: StatusCode })[] | null;
}

/**
 * What became of a request to do one thing. `Refused` if it was not done, `Unreachable` if nobody
 * knows: it may have taken effect.
 */
export async function effectOf(link: Link, question: Question<Effect>): Promise<StatusCode> {
  const { what } = question;
  try {
    const { results } = await exchange(link, question);
    const [result] = results ?? [];
    if (result && results?.length === 1) return "statusCode" in result ? result.statusCode : result;
    const count = results?.length ?? 0;
    throw new Unreachable(
      `${what}: what became of it is not known: the server gives ${count} answers`,
    );
  } catch (error) {
    if (!(error instanceof Refused) || !undecided.test(error.message)) throw error;
    throw new Unreachable(`${error.message}, which leaves open what became of it`);
  }
}
