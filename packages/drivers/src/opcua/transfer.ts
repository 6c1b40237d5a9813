import type { HeldSubscription } from "./held-subscription.ts";
import type { Link } from "./link.ts";
import { orRefusal } from "./service-fault.ts";

/**
 * Makes a subscription of a lost session this one's. Gives the numbers of the messages that the
 * server still has, or the status with which it refuses.
 */
export async function transfer(
  link: Link,
  { id }: HeldSubscription,
): Promise<{ readonly available: readonly number[] } | { readonly refusal: string }> {
  // With the values that rest: who was told that the line is down is told that it is not.
  const request = { subscriptionIds: [id], sendInitialValues: true };
  const ask = () => orRefusal(link.session.transferSubscriptions(request));
  const answer = await link.ask("transfer subscription", ask);
  if ("refusal" in answer) return answer;
  const [result] = answer.results ?? [];
  if (!result?.statusCode.isGood()) return { refusal: result?.statusCode.name ?? "no answer" };
  return { available: [...(result.availableSequenceNumbers ?? [])] };
}
