import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Lessons, lessonsSchema, NO_LESSONS } from "./lessons.ts";

const NAME = "modbus-learned.json";

/** What is kept in a channel's folder; null if the file there cannot be understood. */
export async function readLessons(directory: string): Promise<Lessons | null> {
  let text: string;
  try {
    text = await readFile(join(directory, NAME), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return NO_LESSONS;
    throw error;
  }
  try {
    return lessonsSchema.parse(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Error) return null;
    throw error;
  }
}

/**
 * Replaces the file: after a power cut it is the old one or the new one, never half of it. `by`
 * keeps a gateway and a person who write at the same time from each other's half.
 */
export async function writeLessons(
  directory: string,
  lessons: Lessons,
  by: "gateway" | "person",
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, NAME);
  const next = `${path}.${by}.new`;
  const file = await open(next, "w");
  try {
    await file.writeFile(`${JSON.stringify(lessons)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(next, path);
}
