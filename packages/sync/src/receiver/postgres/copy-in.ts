import type { Connection } from "pg";

/** The client's connection as far as COPY needs it; its types leave that out. */
interface CopyConnection extends Connection {
  sendCopyFromChunk(chunk: Uint8Array): void;
  endCopyFrom(): void;
}

/** One `copy … from stdin`, handed to the client like a query; all its bytes are there already. */
export class CopyIn {
  readonly done: Promise<void>;
  /** The client puts its own before it, which ends the wait for an answer. */
  callback: (error?: Error | null) => void = () => {};
  readonly #statement: string;
  readonly #bytes: Uint8Array;

  constructor(statement: string, bytes: Uint8Array) {
    this.#statement = statement;
    this.#bytes = bytes;
    this.done = new Promise((resolve, reject) => {
      this.callback = (error) => (error ? reject(error) : resolve());
    });
  }

  submit(connection: Connection): void {
    connection.query(this.#statement);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(this.#bytes);
    connection.endCopyFrom();
  }

  handleError(error: Error): void {
    this.callback(error);
  }

  handleReadyForQuery(): void {
    this.callback();
  }

  // What else the server says on the way.
  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}
  handlePortalSuspended(): void {}
}
