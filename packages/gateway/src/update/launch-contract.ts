/** A gateway that ends with it asks to be started anew, with the version that is current then. */
export const RESTART_CODE = 75;

/** So long a new version may take to reach what the one before it had. */
export const GATE_MS_MAX = 5 * 60_000;

/** Of that: whoever has said nothing by then hangs. */
export const HUNG_FACTOR = 1.2;
