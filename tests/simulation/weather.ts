/** How likely each fault is at each of its occasions; the world changes it as time goes on. */
export interface Weather {
  readonly lineRefused: number;
  readonly lineLost: number;
  readonly pointSilent: number;
  readonly pointGarbled: number;
  readonly commitFailed: number;
  readonly commitSlow: number;
  readonly connectRefused: number;
  /** At each message of either client: the connection ends, or lets nothing pass any more. */
  readonly connectionCut: number;
  readonly connectionHalved: number;
  /** The broker has taken a message, and forgets it or tells it twice. */
  readonly messageLost: number;
  readonly messageTwice: number;
  /** The broker answers a message with "not now". */
  readonly messageRefused: number;
  readonly receiverFailed: number;
  /** Longest way of a message one way, in ms. */
  readonly delayMsMax: number;
  /** Messages of different topics overtake each other by this much. */
  readonly reorderMsMax: number;
  readonly bytesPerSecond: number;
}

/** Everything fails now and then. */
export const STORM: Weather = {
  lineRefused: 0.2,
  lineLost: 0.02,
  pointSilent: 0.03,
  pointGarbled: 0.01,
  commitFailed: 0.01,
  commitSlow: 0.03,
  connectRefused: 0.25,
  connectionCut: 0.004,
  connectionHalved: 0.001,
  messageLost: 0.02,
  messageTwice: 0.05,
  messageRefused: 0.01,
  receiverFailed: 0.005,
  delayMsMax: 400,
  reorderMsMax: 1500,
  bytesPerSecond: 20_000,
};

/** Nothing fails. The line is thin, so that a backlog takes its time. */
export const CALM: Weather = {
  lineRefused: 0,
  lineLost: 0,
  pointSilent: 0,
  pointGarbled: 0,
  commitFailed: 0,
  commitSlow: 0,
  connectRefused: 0,
  connectionCut: 0,
  connectionHalved: 0,
  messageLost: 0,
  messageTwice: 0,
  messageRefused: 0,
  receiverFailed: 0,
  delayMsMax: 100,
  reorderMsMax: 50,
  bytesPerSecond: 3000,
};

/** Connections stay, but the broker loses messages: what is missing must be sent again. */
export const LOSSY: Weather = {
  ...CALM,
  messageLost: 0.3,
  messageTwice: 0.3,
  delayMsMax: 300,
  reorderMsMax: 800,
};
