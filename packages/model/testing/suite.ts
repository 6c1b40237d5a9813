/** The test function of whoever runs a contract suite: `it` of vitest, `test` of node:test. */
export type Test = (name: string, body: () => Promise<void>) => void;

/** Fails the running test with `message` unless `condition` holds. */
export function expectThat(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`contract broken: ${message}`);
}

/** What the promise came to, as data. */
export async function outcomeOf<T>(
  promise: Promise<T>,
): Promise<{ kind: "resolved"; value: T } | { kind: "rejected"; error: unknown }> {
  try {
    return { kind: "resolved", value: await promise };
  } catch (error) {
    return { kind: "rejected", error };
  }
}
