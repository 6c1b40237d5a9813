import { systemClock } from "@headgate/model";
import { type ProvedBackup, proveBackup } from "../backup/open-backup.ts";
import { type Restored, restoreBackup } from "../backup/restore-backup.ts";
import { ExitCode } from "./exit-code.ts";

interface Asked {
  readonly file: string;
  /** Null: it is only proved. */
  readonly configPath: string | null;
  readonly isReplacing: boolean;
  readonly signal: AbortSignal;
}

/** `headgate restore`: proves a backup, every byte of it, and puts it in place. */
export async function restore(
  { file, configPath, isReplacing, signal }: Asked,
  passphrase: string,
): Promise<{ text: string; exitCode: number }> {
  const backup = await proveBackup(file, passphrase);
  const { gateway, madeMs, version, bufferSchema } = backup.manifest;
  const content = bufferSchema === null ? "without its buffer" : "with its buffer";
  const what = `gateway "${gateway.id}" of ${new Date(madeMs).toISOString()}, version ${version}`;
  const { fileCount, bytes } = backup;
  const proved = `${what}, ${content}: ${fileCount} files, ${bytes} bytes, all proved`;
  if (configPath === null) return { text: `${proved}\n`, exitCode: ExitCode.ok };
  const wish = { configPath, isReplacing, who: "headgate restore", clock: systemClock, signal };
  const restored = await restoreBackup(backup, wish);
  const lines = restored.isOfBefore
    ? ["a restore that was cut off before was finished now; this one was not begun"]
    : [proved, ...linesOf(restored, { backup, configPath })];
  return { text: `${lines.join("\n")}\n`, exitCode: ExitCode.ok };
}

function linesOf(
  { dataFolder, asidePath, waitingAside, owner }: Restored,
  { backup, configPath }: { readonly backup: ProvedBackup; readonly configPath: string },
): readonly string[] {
  const { elsewhere, variables } = backup.manifest;
  const waits = waitingAside === null ? "nobody knows how many" : `${waitingAside}`;
  const salvage = `headgate buffer salvage ${asidePath}/buffer.db --into ${dataFolder}`;
  const aside = [
    `what was there before: ${asidePath}`,
    `its samples that are not upstream: ${waits}; this brings them back: ${salvage}`,
  ];
  return [
    `put in place: ${configPath}, ${dataFolder}`,
    ...(asidePath === null ? [] : aside.slice(0, waitingAside === 0 ? 1 : 2)),
    ...elsewhere.map(
      ({ name, path }) => `to be put back by hand: ${dataFolder}/elsewhere/${name} to ${path}`,
    ),
    ...variables.map((name) => `to be set: environment variable ${name}`),
    ...ownerLines(owner, [dataFolder, configPath]),
    "logins have ended; the box that it was made of must not run any more",
  ];
}

/** Who is root is told whether the gateway will be able to read it. */
function ownerLines(owner: Restored["owner"], places: readonly string[]): readonly string[] {
  if (process.getuid?.() !== 0) return [];
  if (owner !== null) return [`it belongs to the user with the uid ${owner.uid}`];
  const todo = `chown -R USER ${places.join(" ")}`;
  return [`it belongs to root; where the gateway runs as another user: ${todo}`];
}
