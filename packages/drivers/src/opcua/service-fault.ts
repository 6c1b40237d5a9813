import type { StatusCode } from "node-opcua-client";

/** What a server answers to a whole request instead of an answer. */
interface Fault {
  readonly response?: { readonly responseHeader?: { readonly serviceResult?: StatusCode } };
}

/** The status of a request that the server refused as a whole; null of any other error. */
export function refusalIn(error: unknown): string | null {
  return (error as Fault | null)?.response?.responseHeader?.serviceResult?.name ?? null;
}

/** The answer, or the status with which the server refused the request as a whole. */
export async function orRefusal<T>(answer: Promise<T>): Promise<T | { readonly refusal: string }> {
  try {
    return await answer;
  } catch (error) {
    const refusal = refusalIn(error);
    if (refusal === null) throw error;
    return { refusal };
  }
}
