/** What a PUBACK's reason code means for the message it answers. */
export type Verdict =
  | { readonly kind: "taken" }
  /** Nobody subscribes to it. */
  | { readonly kind: "no-subscriber" }
  /** Not now: slow down and send again. */
  | { readonly kind: "slow-down"; readonly text: string }
  /** Not this time: send again; if others are taken meanwhile, it is this message's fault. */
  | { readonly kind: "failed"; readonly text: string }
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
  128: { kind: "failed", text: "unspecified error" },
  131: { kind: "failed", text: "implementation specific error" },
  135: { kind: "misconfigured", text: "not authorised to publish; check the server's access list" },
  144: { kind: "misconfigured", text: "topic name invalid; check root" },
  145: { kind: "lost", text: "packet identifier in use" },
  151: { kind: "slow-down", text: "quota exceeded" },
  153: { kind: "refused", text: "payload format invalid" },
};

/** The reaction to a PUBACK. Codes not of this place end the session. */
export function pubackVerdict(code: number): Verdict {
  return PUBACK[code] ?? { kind: "lost", text: `reason code ${code}` };
}

/** What a DISCONNECT from the server asks for. */
export type Reaction =
  /** Connect again. */
  | "reconnect"
  /** Connect again; what was on the way may be why it closed. */
  | "suspect"
  /** Fewer messages on the way. */
  | "smaller-window"
  /** Fewer messages a second. */
  | "slower"
  /** Smaller messages. */
  | "smaller-packets"
  /** Another client has our id: connect again late. */
  | "taken-over"
  /** A person must change something. */
  | "misconfigured";

interface Parting {
  readonly text: string;
  readonly reaction: Reaction;
}

const TAKEN_OVER =
  "session taken over by another client of the same id; a second gateway may be a copy of " +
  "this one, or two uplinks share a client id";

const parting = (reaction: Reaction, text: string): Parting => ({ reaction, text });
const closed = (why: string) => parting("reconnect", `server closed the session${why}`);

/** MQTT 5, 3.14.2.1. */
const DISCONNECT: Readonly<Record<number, Parting>> = {
  0: closed(""),
  128: parting("suspect", "server closed the session: unspecified error"),
  129: parting("suspect", "server found a malformed packet"),
  130: parting("suspect", "server found a protocol error"),
  131: parting("suspect", "server closed the session: implementation specific error"),
  135: parting("misconfigured", "not authorised; check the server's access list"),
  137: closed(": it is busy"),
  139: closed(": it is shutting down"),
  141: closed(": it missed our keepalive"),
  142: parting("taken-over", TAKEN_OVER),
  143: parting("misconfigured", "topic filter invalid; check root"),
  144: parting("misconfigured", "topic name invalid; check root"),
  147: parting("smaller-window", "server's receive maximum was exceeded; the window is halved"),
  149: parting("smaller-packets", "server found a packet too large; they become smaller"),
  150: parting("slower", "server finds the message rate too high; it is halved"),
  151: parting("smaller-window", "server's quota is exceeded; the window is halved"),
  152: closed(" by administrative action"),
  153: parting("suspect", "server found a payload of invalid format"),
  154: parting("misconfigured", "server keeps no retained messages, which hello and acks need"),
  155: parting("misconfigured", "server does not support QoS 1"),
  156: parting("reconnect", "server asks to use another server for now"),
  157: parting("misconfigured", "server has moved; change url"),
  159: closed(": too many connections in a short time"),
  160: closed(": it was open for the longest time allowed"),
};

/** What a DISCONNECT from the server says, and what to do. */
export function partingOf(code: number): Parting {
  return DISCONNECT[code] ?? closed(`: reason code ${code}`);
}
