import type { Stretch } from "./frame-scanner.ts";

/** A question to many meters at once, and what is asked next by what came of it. */
export interface Call {
  readonly request: Buffer;
  /** Asked if nobody was heard: some meters know only these. */
  readonly ifSilent: readonly Call[];
  /** Each to a part of them, asked if several spoke at once; none where it cannot be parted. */
  split(): readonly Call[];
}

/** Who was heard. */
export type CallOutcome<Meter> =
  | { readonly kind: "meter"; readonly meter: Meter; readonly answerMs: number }
  /** Something answered, and nobody was ever heard whole. */
  | { readonly kind: "garbled" };

/** What came after one question, without an echo of it. */
export interface CallHeard {
  readonly stretches: readonly Stretch[];
  readonly answerMs: number;
}

export interface Caller<Meter> {
  put(request: Buffer): Promise<CallHeard>;
  /** Whose answer a whole frame is; null if it is none. */
  tell(frame: Buffer): Meter | null;
  onAsk(waitingCount: number): void;
}

/** Of two meters that differ in nothing but their last digits, a hundred questions for each two. */
const QUESTIONS_MAX = 700;
/** So many in a row garbled, with nobody heard: noise, or other line settings than ours. */
const GARBLED_MAX = 16;
/** Wakes receivers before a frame. */
const PREAMBLE_BYTE = 0xfe;

/**
 * Asks all meters at once; where several answer and garble each other, ever smaller parts of them.
 * Each is told once, as soon as it is heard.
 */
export async function* callAll<Meter>(
  calls: readonly Call[],
  caller: Caller<Meter>,
): AsyncGenerator<CallOutcome<Meter>> {
  const told = new Set<string>();
  const waiting: { readonly call: Call; readonly isAgain: boolean }[] = calls.map(first);
  let garbledCount = 0;
  for (let count = 0; waiting.length > 0 && count < QUESTIONS_MAX; count++) {
    const { call, isAgain } = waiting.shift() as (typeof waiting)[number];
    caller.onAsk(waiting.length);
    const { stretches, answerMs } = await caller.put(call.request);
    const meters = stretches.flatMap(({ bytes, isSound }) => {
      const meter = isSound ? caller.tell(bytes) : null;
      return meter === null ? [] : [meter];
    });
    for (const meter of meters) {
      const key = JSON.stringify(meter);
      if (told.has(key)) continue;
      told.add(key);
      yield { kind: "meter", meter, answerMs };
    }
    const isGarbled = stretches.some(isNoise);
    if (meters.length === 0 && !isGarbled) {
      waiting.unshift(...call.ifSilent.map(first));
    }
    // Noise comes once; several that speak at once are garbled each time.
    if (isGarbled && !isAgain) waiting.unshift({ call, isAgain: true });
    else if (isGarbled) waiting.unshift(...call.split().map(first));
    garbledCount = isGarbled && meters.length === 0 ? garbledCount + 1 : 0;
    if (garbledCount >= GARBLED_MAX) break;
  }
  if (told.size === 0 && garbledCount > 0) yield { kind: "garbled" };
}

const first = (call: Call) => ({ call, isAgain: false });

function isNoise({ bytes, isSound }: Stretch): boolean {
  return !isSound && bytes.some((byte) => byte !== PREAMBLE_BYTE);
}
