/** A broker that can be killed and started again on the same port. */
export interface Broker {
  readonly port: number;
  readonly url: string;
  /** Starts it (again); ends a running one first. */
  restart(): Promise<void>;
  /** `kill -9`. */
  kill(): Promise<void>;
  /** Ends it and removes its files. */
  stop(): Promise<void>;
}
