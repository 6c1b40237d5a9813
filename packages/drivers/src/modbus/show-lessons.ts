import { describeLessons } from "./lessons.ts";
import { readLessons, writeLessons } from "./lessons-file.ts";
import type { Device } from "./settings.ts";

/** What a channel learnt of one device, a line each, and as data; null if nothing is kept. */
export async function showLessons(directory: string, { unitId }: Device) {
  const lessons = (await readLessons(directory))?.units[unitId];
  return lessons ? { lines: describeLessons(lessons), facts: lessons } : null;
}

/** A running gateway notices, and learns anew. False if there was nothing. */
export async function forgetLessons(directory: string, { unitId }: Device): Promise<boolean> {
  const kept = await readLessons(directory);
  if (!kept?.units[unitId]) return false;
  const { [unitId]: _gone, ...others } = kept.units;
  await writeLessons(directory, { ...kept, units: others }, "person");
  return true;
}
