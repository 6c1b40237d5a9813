import { createHash } from "node:crypto";
import { join } from "node:path";
import { Refused } from "@headgate/model";
import { z } from "zod";
import { textIfThere } from "../access/durable-file.ts";
import { OWN } from "../wipe/own-names.ts";

/** Below the data folder, while a restore is under way. */
export const RESTORING = "restoring";
export const PLAN = "plan.json";

// Whoever is root follows it in a folder that is another user's: it leads nowhere else.
const planSchema = z.strictObject({
  /** SHA-256 of the configuration that is put in place. */
  config: z.string(),
  /** What comes into the data folder. */
  names: z.array(
    z.string().refine((name) => !name.includes("/") && OWN.some((own) => own.test(name))),
  ),
  /** Where the old goes. */
  aside: z.string().regex(/^before-restore-[\w.-]+$/),
});
export type Plan = z.infer<typeof planSchema>;

/** What a restore is to do that was begun in a data folder; null where none says. */
export async function planIn(dataFolder: string): Promise<Plan | null> {
  const path = join(dataFolder, RESTORING, PLAN);
  const text = await textIfThere(path);
  if (text === null) return null;
  try {
    return planSchema.parse(JSON.parse(text));
  } catch (cause) {
    const todo = `look at what is in "${join(dataFolder, RESTORING)}", and move it away`;
    throw new Refused(`"${path}" is no plan of a restore; ${todo}`, { cause });
  }
}

/** Whether a restore counts already: its configuration is in place. */
export async function countsNow(plan: Plan | null, configPath: string): Promise<boolean> {
  const config = plan === null ? null : await textIfThere(configPath);
  return plan !== null && config !== null && hashOf(config) === plan.config;
}

export function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
