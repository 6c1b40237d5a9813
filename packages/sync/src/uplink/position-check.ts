import type { BlockRange, UplinkPort } from "@headgate/model";

/** What someone else knows of a block of ours. */
export interface KnownBlock extends Pick<BlockRange, "stream" | "epoch"> {
  readonly seq: number;
  readonly hash: string;
  /** For a person: who says so. */
  readonly by: string;
}

/**
 * Compares blocks by their contents: a buffer that went back in time and has since grown past its
 * old end is not told by numbers. Each word is looked at once in a session.
 */
export class PositionCheck {
  readonly #port: UplinkPort;
  readonly #seen = new Set<string>();

  constructor(port: UplinkPort) {
    this.#port = port;
  }

  /** Why our numbers are not those that others know, or null if nothing speaks against it. */
  async differenceOf({ stream, epoch, seq, hash, by }: KnownBlock): Promise<string | null> {
    const key = `${by}/${stream}/${epoch}`;
    const ours = this.#port.standing().find((one) => one.stream === stream && one.epoch === epoch);
    if (!ours || seq > ours.headSeq || this.#seen.has(key)) return null;
    this.#seen.add(key);
    const own = await this.#port.hashOf?.({ stream, epoch, seq });
    if (!own || own === hash) return null;
    return `${by} knows another block ${seq} than ours`;
  }
}
