import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { codeOf } from "./sqlite.ts";

/** What SQLite needs to open a database and commit acknowledgements: its -shm, a little log. */
const RESERVE_BYTES = 512 * 1024;

/** Bytes set aside while there is room, so that a gateway can still start once there is none. */
export class DiskReserve {
  readonly #path: string;

  constructor(directory: string) {
    this.#path = join(directory, "buffer.reserve");
  }

  /** Runs `attempt`, once more with the reserve given up if the disk was too full for it. */
  help<T>(attempt: () => T): T {
    try {
      return attempt();
    } catch (error) {
      if (!isNoRoom(error) || this.#size() === 0) throw error;
      rmSync(this.#path, { force: true });
      return attempt();
    }
  }

  /** Sets the bytes aside (again) if the disk has them. */
  refill(): void {
    if (this.#size() === RESERVE_BYTES) return;
    try {
      const file = openSync(this.#path, "w");
      try {
        // Zeros would do, but a file system that compresses would keep none of them.
        const written = writeSync(file, randomBytes(RESERVE_BYTES));
        fsyncSync(file);
        // A part of it would take the last room from the database, and be no reserve.
        if (written < RESERVE_BYTES) rmSync(this.#path, { force: true });
      } finally {
        closeSync(file);
      }
    } catch (error) {
      rmSync(this.#path, { force: true });
      if (!isNoRoom(error)) throw error;
    }
  }

  #size(): number {
    return statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }
}

function isNoRoom(error: unknown): boolean {
  return /^(ENOSPC|EDQUOT|SQLITE_FULL|SQLITE_IOERR_(SHMSIZE|SHMMAP|WRITE))$/.test(codeOf(error));
}
