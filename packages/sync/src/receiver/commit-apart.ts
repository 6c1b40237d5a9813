import { describeError, Misconfigured, Unreachable } from "@headgate/model";
import type { Arrival, Verdict } from "./store.ts";

/** How one store commits. */
export interface Committer {
  /** All in one transaction; when it rejects, nothing of them was kept. */
  commit(arrivals: readonly Arrival[]): Promise<readonly Verdict[]>;
  /** Whether the error comes from what is in the arrivals, and not from the store's own state. */
  isOfContents(error: unknown): boolean;
  /** Counts one that cannot be kept. */
  noteRefused(arrival: Arrival, why: string): Promise<void>;
}

/**
 * Commits all at once; where the store cannot take what one of them holds, by halves until that one
 * stands alone and is refused. Whatever one gateway sends, the record of the others goes on.
 */
export async function commitApart(
  arrivals: readonly Arrival[],
  committer: Committer,
): Promise<readonly Verdict[]> {
  try {
    return await committer.commit(arrivals);
  } catch (error) {
    const isFault = error instanceof Unreachable || error instanceof Misconfigured;
    const [first] = arrivals;
    if (isFault || first === undefined || !committer.isOfContents(error)) throw error;
    if (arrivals.length === 1) {
      await committer.noteRefused(first, `the store cannot take it: ${describeError(error)}`);
      return ["refused"];
    }
    const middle = arrivals.length >> 1;
    return [
      ...(await commitApart(arrivals.slice(0, middle), committer)),
      ...(await commitApart(arrivals.slice(middle), committer)),
    ];
  }
}
