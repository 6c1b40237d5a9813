import { Refused } from "@headgate/model";
import { AttributeIds } from "node-opcua-client";
import { readOne } from "./exchange.ts";
import type { Link } from "./link.ts";

/** From here on a server serves as well as it can (OPC 10000-4 6.6.2.4.2). */
export const healthyLevel = 200;
/** What is taken of a server that says nothing of it. */
const levelUnknown = 255;
const nodeId = "i=2267";
/** How often a server that has an alternative is asked. */
const lookMs = 5_000;

/** How well the server can serve, 0 to 255. */
export async function readServiceLevel(link: Link): Promise<number> {
  const node = { nodeId, attributeId: AttributeIds.Value };
  try {
    const level = await readOne(link, { what: "read service level", node });
    return typeof level === "number" ? level : levelUnknown;
  } catch (error) {
    if (error instanceof Refused) return levelUnknown;
    throw error;
  }
}

/** Gives the session up when its server becomes worse than it was: another one may be better. */
export async function watchServiceLevel(link: Link, openedAt: number): Promise<void> {
  const { clock } = link.context;
  for (;;) {
    await clock.sleep(lookMs, link.lost);
    if (link.lost.aborted) return;
    const level = await readServiceLevel(link);
    if (level < healthyLevel && level < openedAt) {
      link.lose(`its service level fell from ${openedAt} to ${level}`);
      return;
    }
  }
}
