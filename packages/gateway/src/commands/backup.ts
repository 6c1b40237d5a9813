import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { Refused, systemClock } from "@headgate/model";
import { syncFolder } from "../access/durable-file.ts";
import { type BackupKey, newBackupKey } from "../backup/backup-key.ts";
import { type Backup, beginBackup } from "../backup/make-backup.ts";
import { ExitCode } from "./exit-code.ts";

interface Asked {
  readonly configPath: string;
  readonly out: string;
  readonly withBuffer: boolean;
  readonly signal: AbortSignal;
}

/** `headgate backup`: everything that a box needs, in one file that its passphrase opens. */
export async function backUp(
  { configPath, out, withBuffer, signal }: Asked,
  passphrase: string,
): Promise<{ text: string; exitCode: number }> {
  const backup = await beginBackup({ configPath, withBuffer, clock: systemClock });
  const bytes = await writeNew(out, { backup, key: await newBackupKey(passphrase) }, signal);
  const { gateway, missing, left, variables, elsewhere } = backup.named;
  const content = withBuffer ? "with its buffer" : "without its buffer";
  const lines = [
    `gateway "${gateway.id}", ${content}: ${bytes} bytes in ${out}`,
    ...elsewhere.map(({ path }) => `in it, to be put back by hand: ${path}`),
    ...variables.map((name) => `not in it: environment variable ${name}`),
    ...missing.map((name) => `NOT IN IT: secret "${name}", which was not found from here`),
    ...left.map((path) => `NOT IN IT: ${path}, which is too large or not to be read by this user`),
    "keep the passphrase elsewhere: nobody can open the file without it",
  ];
  return {
    text: `${lines.join("\n")}\n`,
    exitCode: missing.length + left.length > 0 ? ExitCode.no : ExitCode.ok,
  };
}

function whyNot(code = ""): string {
  if (code === "EEXIST") return "there is such a file already; name one that is not there yet";
  if (code === "ENOENT") return "its folder is not there; make it, or mount the disk";
  return `${code}; look at the rights of this user and at the disk`;
}

/** Under its name there is the whole file, or none. */
async function writeNew(
  path: string,
  { backup, key }: { readonly backup: Backup; readonly key: BackupKey },
  signal: AbortSignal,
): Promise<number> {
  const part = `${path}.part`;
  const taken = await open(path, "wx", 0o600).catch((cause: NodeJS.ErrnoException) => {
    throw new Refused(`write backup "${path}": ${whyNot(cause.code)}`);
  });
  await taken.close();
  let bytes = 0;
  try {
    const file = await open(part, "w", 0o600);
    try {
      for await (const piece of backup.bytes(key)) {
        if (signal.aborted) throw new Refused("it was stopped; no backup was written");
        await file.appendFile(piece);
        bytes += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    for (const name of [part, path]) await rm(name, { force: true });
    throw error;
  }
  return bytes;
}
