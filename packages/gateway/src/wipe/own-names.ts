import { readdir } from "node:fs/promises";

/**
 * What a gateway keeps in its folder, what is secret first, the lock last. A name that is not of
 * these is somebody else's.
 */
export const OWN: readonly RegExp[] = [
  /^web$/,
  /^secrets$/,
  /^config$/,
  /^channels$/,
  /^uplinks$/,
  /^writes$/,
  /^variants\.json(\.new)?$/,
  /^elsewhere$/,
  /^history\./,
  /^media$/,
  /^buffer\.(?!lock$)/,
  // Of a restore: what is not in its place yet, and what was there before.
  /^restoring$/,
  /^before-restore-/,
  /^buffer\.lock$/,
];

const STAYS = /^(buffer\.lock|restoring|before-restore-.*)$/;

/** What makes a folder a gateway's: all of it would be in the way of another's. */
export async function ownNamesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder);
  return names.filter((name) => !STAYS.test(name) && OWN.some((own) => own.test(name)));
}
