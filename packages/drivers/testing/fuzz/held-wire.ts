import type { Wire } from "../../src/wire/wire.ts";

/** A wire that nobody is behind: what is to come is put in by hand. */
export class HeldWire implements Wire {
  receive: (bytes: Buffer) => void = () => {};
  sent: Buffer = Buffer.alloc(0);

  write(bytes: Buffer): void {
    this.sent = bytes;
  }

  listen(onBytes: (bytes: Buffer) => void): void {
    this.receive = onBytes;
  }

  destroy(): void {}
}
