import {
  type NotificationMessage,
  RepublishRequest,
  type RepublishResponse,
} from "node-opcua-client";
import type { Link } from "./link.ts";
import { orRefusal } from "./service-fault.ts";

/** A message that did not come, once more; null if the server no longer has it. */
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
  const answer = await link.ask("republish", () => orRefusal(ask()));
  return "refusal" in answer ? null : answer.notificationMessage;
}
