import { Readable } from "node:stream";
import { Refused } from "@headgate/model";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import {
  newBackupKey,
  PASSPHRASE_CHARACTERS_MAX,
  PASSPHRASE_CHARACTERS_MIN,
} from "../../backup/backup-key.ts";
import { beginBackup } from "../../backup/make-backup.ts";
import { Reply, type Route, route } from "./route.ts";

const BYTES = "application/octet-stream";

/** One file with all that a new box needs, sealed by a passphrase that is kept nowhere. */
export function backupRoutes(configPath: string, access: Access): readonly Route[] {
  // Each takes 64 MiB for a moment.
  let isBusy = false;
  const make = async (passphrase: string) => {
    if (isBusy) throw new Refused("a backup is being made; try again when it is done");
    isBusy = true;
    try {
      const key = await newBackupKey(passphrase);
      const backup = await beginBackup({ configPath, withBuffer: false, clock: access.clock });
      const bytes = Readable.from(backup.bytes(key), { objectMode: false });
      bytes.once("close", () => {
        isBusy = false;
      });
      return { bytes, id: backup.named.gateway.id };
    } catch (error) {
      isBusy = false;
      throw error;
    }
  };
  return [
    route({
      method: "POST",
      role: "admin",
      csrf: "token",
      rate: "work",
      path: "/api/backup",
      summary: "One encrypted file with all that a new box needs; without the buffer",
      problems: ["refused"],
      body: z.strictObject({
        passphrase: z.string().min(PASSPHRASE_CHARACTERS_MIN).max(PASSPHRASE_CHARACTERS_MAX),
      }),
      answer: BYTES,
      handle: async ({ body: { passphrase }, caller: { name: who, address } }) => {
        const { bytes, id } = await make(passphrase);
        const deed = { who, address, action: "backup.take", outcome: "done" } as const;
        await access.note({ ...deed, detail: "without the buffer" });
        const day = new Date(access.clock.nowMs()).toISOString().slice(0, 10);
        const name = `${id.replaceAll(/[^\w.-]+/g, "-")}-${day}.hgb`;
        const headers = {
          "content-type": BYTES,
          "content-disposition": `attachment; filename="${name}"`,
        };
        return new Reply(bytes, { headers });
      },
    }),
  ];
}
