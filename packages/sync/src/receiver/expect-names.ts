import { Misconfigured } from "@headgate/model";
import { DEFAULT_ROOT } from "../protocol/topics.ts";

/** What the topics of a receiver are made of. */
export interface TopicNames {
  readonly receiverId?: string;
  readonly root?: string;
  readonly shard?: string;
}

const LEVEL = /^[^/#+\0]{1,200}$/;

/** Throws `Misconfigured` where no topics can be made of these. */
export function expectNames({ receiverId = "main", root = DEFAULT_ROOT, shard }: TopicNames): void {
  if (!LEVEL.test(receiverId)) {
    throw new Misconfigured(`receiver id "${receiverId}": one topic level, without / # +`);
  }
  if (shard !== undefined && !LEVEL.test(shard)) {
    throw new Misconfigured(`shard "${shard}": one topic level, without / # +`);
  }
  if (root.length > 200 || !root.split("/").every((level) => LEVEL.test(level))) {
    const how = `write it like "${DEFAULT_ROOT}", without # + and without a / at its ends`;
    throw new Misconfigured(`topic root "${root}": ${how}`);
  }
}
