/** How likely each fault is at each of its occasions; the world changes it as time goes on. */
export interface Weather {
  /** No session can be opened. */
  isUplinkDown: boolean;
  readonly openRefused: number;
  readonly lineLost: number;
  readonly pointSilent: number;
  readonly connectRefused: number;
  readonly sessionDropped: number;
  readonly messageLost: number;
  readonly messageTwice: number;
  readonly receiverCrashed: number;
  /** Longest way of a message, in ms; what is sent later may so arrive earlier. */
  readonly delayMsMax: number;
  readonly bytesPerSecond: number;
}

/** Everything fails now and then. */
export const STORM: Weather = {
  isUplinkDown: false,
  openRefused: 0.2,
  lineLost: 0.02,
  pointSilent: 0.03,
  connectRefused: 0.3,
  sessionDropped: 0.01,
  messageLost: 0.1,
  messageTwice: 0.1,
  receiverCrashed: 0.02,
  delayMsMax: 2000,
  bytesPerSecond: 20_000,
};

/** Nothing fails. The line is thin, so that a backlog takes its time. */
export const CALM: Weather = {
  isUplinkDown: false,
  openRefused: 0,
  lineLost: 0,
  pointSilent: 0,
  connectRefused: 0,
  sessionDropped: 0,
  messageLost: 0,
  messageTwice: 0,
  receiverCrashed: 0,
  delayMsMax: 200,
  bytesPerSecond: 1500,
};

/** The session stays, but messages are lost: what is missing must be sent again within it. */
export const LOSSY: Weather = { ...CALM, messageLost: 0.3, messageTwice: 0.3, delayMsMax: 1000 };
