import { Refused } from "@headgate/model";
import {
  type NotificationMessage,
  RepublishRequest,
  type RepublishResponse,
} from "node-opcua-client";
import type { Link } from "./link.ts";

/**
 * A message that did not come, once more; null if the server no longer has it, or gives nothing
 * that can be read: it may have been that the first time.
 */
export async function republish(
  link: Link,
  subscriptionId: number,
  retransmitSequenceNumber: number,
): Promise<NotificationMessage | null> {
  const request = new RepublishRequest({ subscriptionId, retransmitSequenceNumber });
  const ask = () =>
    new Promise<RepublishResponse>((resolve, reject) => {
      link.session.republish(request, (error, answer) => {
        if (answer && !error) resolve(answer);
        else reject(error);
      });
    });
  try {
    const { notificationMessage } = await link.ask("republish", ask, { isSparing: true });
    return notificationMessage;
  } catch (error) {
    if (error instanceof Refused) return null;
    throw error;
  }
}
