/** What a PUBACK's reason code means for the message it answers. */
export type Verdict =
  | { readonly kind: "taken" }
  /** Nobody subscribes to it. */
  | { readonly kind: "no-subscriber" }
  /** Not now: slow down and send again. */
  | { readonly kind: "slow-down"; readonly text: string }
  /** Never. */
  | { readonly kind: "refused"; readonly text: string }
  /** Not before a person has changed something. */
  | { readonly kind: "misconfigured"; readonly text: string }
  /** Something is wrong with the session. */
  | { readonly kind: "lost"; readonly text: string };

/** MQTT 5, 3.4.2.1. */
const PUBACK: Readonly<Record<number, Verdict>> = {
  0: { kind: "taken" },
  16: { kind: "no-subscriber" },
  131: { kind: "slow-down", text: "implementation specific error" },
  135: { kind: "misconfigured", text: "not authorised to publish; check the server's access list" },
  144: { kind: "misconfigured", text: "topic name invalid; check root" },
  145: { kind: "lost", text: "packet identifier in use" },
  151: { kind: "slow-down", text: "quota exceeded" },
  153: { kind: "refused", text: "payload format invalid" },
};

/** The reaction to a PUBACK. 128, "unspecified", and codes not of this place end the session. */
export function pubackVerdict(code: number): Verdict {
  return PUBACK[code] ?? { kind: "lost", text: `reason code ${code}` };
}

/** MQTT 5, 3.14.2.1. */
const DISCONNECT: Readonly<Record<number, string>> = {
  0: "server closed the session",
  128: "server closed the session: unspecified error",
  129: "server found a malformed packet",
  130: "server found a protocol error",
  137: "server is busy",
  139: "server is shutting down",
  141: "server missed our keepalive",
  142:
    "session taken over by another client of the same id; a second gateway may be a copy of " +
    "this one, or two uplinks share a client id",
  147: "server's receive maximum was exceeded; the window is halved",
  149: "server found a packet too large",
  150: "server finds the message rate too high; the window is halved",
  151: "server's quota is exceeded; the window is halved",
  152: "server closed the session by administrative action",
  156: "server asks to use another server",
  157: "server has moved",
};

/** What a DISCONNECT from the server says. */
export function disconnectText(code: number): string {
  return DISCONNECT[code] ?? `server closed the session: reason code ${code}`;
}

/** Whether the server asks for less with a DISCONNECT. */
export function isSlowDown(code: number): boolean {
  return code === 147 || code === 150 || code === 151;
}

/** DISCONNECT that only a person can mend: not authorised, topic invalid. */
export function isMisconfigured(code: number): boolean {
  return code === 135 || code === 143 || code === 144;
}

/** A message was larger than the server takes. */
export const PACKET_TOO_LARGE = 149;
