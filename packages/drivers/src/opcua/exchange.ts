import { Refused } from "@headgate/model";
import {
  type DataValue,
  ReadRequest,
  ReadResponse,
  type ReadValueIdOptions,
  type StatusCode,
  TimestampsToReturn,
} from "node-opcua-client";
import { type AskOptions, isAboutSession, type Link, type ServiceRequest } from "./link.ts";
import { orRefusal } from "./service-fault.ts";

// The library's own calls trust a server to answer as much as it was asked: some throw out of a
// callback if it does not, so that nobody is told, others give what there is, one place off. So
// what is a list is asked here, and every list is measured.

/** A question, and what its answer must be. */
export interface Question<Answer> extends AskOptions {
  readonly what: string;
  readonly request: ServiceRequest;
  readonly kind: abstract new (...args: never[]) => Answer;
}

/** The answer to one request as it came; `Refused` if the server refuses it as a whole. */
export async function exchange<Answer extends object>(
  link: Link,
  { what, request, kind, ...options }: Question<Answer>,
): Promise<Answer> {
  const ask = () =>
    new Promise<Answer>((resolve, reject) => {
      link.session.performMessageTransaction(request, (error, answer) => {
        if (error) reject(error);
        else if (answer instanceof kind) resolve(answer);
        else reject(new Error("the server answers something else than it was asked"));
      });
    });
  const answer = await link.ask(what, () => orRefusal(ask()), options);
  if (!("refusal" in answer)) return answer;
  if (isAboutSession(answer.refusal)) throw link.lose(`${what}: ${answer.refusal}`);
  throw new Refused(`${what}: the server answers ${answer.refusal}`);
}

/** As many as were asked for; else none of them can be told from another: `Refused`. */
export function allOf<Result>(
  what: string,
  results: readonly Result[] | null | undefined,
  wantedCount: number,
): readonly Result[] {
  const count = results?.length ?? 0;
  if (results && count === wantedCount) return results;
  throw new Refused(`${what}: the server gives ${count} answers to ${wantedCount} questions`);
}

/** What is to be read. */
export interface ReadQuestion extends AskOptions {
  readonly what?: string;
  readonly nodes: readonly ReadValueIdOptions[];
}

/** One value for each node; `Refused` if the server gives more or less. */
export async function readNodes(
  link: Link,
  { what = "read", nodes, ...options }: ReadQuestion,
): Promise<readonly DataValue[]> {
  const timestampsToReturn = TimestampsToReturn.Both;
  const request = new ReadRequest({ maxAge: 0, nodesToRead: [...nodes], timestampsToReturn });
  const answer = await exchange(link, { what, request, kind: ReadResponse, ...options });
  return allOf(what, answer.results, nodes.length);
}

/** The same, or why the request as a whole has no answer that can be used. */
export async function readOrWhyNot(
  link: Link,
  question: ReadQuestion,
): Promise<readonly DataValue[] | string> {
  try {
    return await readNodes(link, question);
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

/** The value of one node alone; `Refused` with the status if there is none. */
export async function readOne(
  link: Link,
  { what, node, ...options }: AskOptions & { what: string; node: ReadValueIdOptions },
): Promise<unknown> {
  const [answer] = await readNodes(link, { what, nodes: [node], ...options });
  refuseUnlessGood(what, answer?.statusCode);
  return answer?.value.value;
}

/** Throws `Refused` with the status unless it is good. */
export function refuseUnlessGood(what: string, status: StatusCode | undefined): void {
  if (status?.isGood()) return;
  throw new Refused(`${what}: the server answers ${status?.name ?? "nothing"}`);
}
