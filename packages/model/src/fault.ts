// Faults are named by what must be done about them. Anything else that is thrown is a bug.

/** By name, not by identity: the ESM and the CJS copy of this package may meet in one process. */
function isNamed(value: unknown, name: string): boolean {
  return value instanceof Error && value.name === name;
}

/** Timeout, lost link, busy device. May heal by itself: the supervisor tries again. */
export class Unreachable extends Error {
  override name = "Unreachable";
  /** Not to be tried again sooner than this. */
  readonly retryAfterMs: number;

  constructor(message?: string, options: ErrorOptions & { readonly retryAfterMs?: number } = {}) {
    super(message, options);
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, "Unreachable");
  }
}

/** Wrong password, untrusted certificate, unknown database. Needs a person: parked and shown. */
export class Misconfigured extends Error {
  override name = "Misconfigured";
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, "Misconfigured");
  }
}

/** The far side will never take this. A write is denied; a block goes to quarantine. */
export class Refused extends Error {
  override name = "Refused";
  static override [Symbol.hasInstance](value: unknown): boolean {
    return isNamed(value, "Refused");
  }
}

/**
 * The text of anything thrown, with its causes: "read modbus "press-3": timeout after 500 ms". A
 * cause that the text tells already is not told again.
 */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause === undefined) return error.message;
  const cause = describeError(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}
