import { readFile } from "node:fs/promises";
import { type Driver, Misconfigured } from "@headgate/model";
import type { Catalogue } from "../config/config.ts";
import type { Lang } from "../config/messages.ts";
import type { Profile } from "../config/profile-schema.ts";
import { renderProblem } from "../config/render-problem.ts";
import { checkProfile } from "../profiles/check-profile.ts";

/** What a command says, and the profile where it is good. */
export interface CheckedProfile {
  readonly profile: Profile | null;
  readonly text: string;
}

/** `headgate profile check`: every mistake with its line, or what is good. */
export async function checkProfileFile(
  file: string,
  { drivers, lang }: { readonly drivers: Catalogue["drivers"]; readonly lang: Lang },
): Promise<CheckedProfile> {
  const text = await readText(file);
  const driver = await driverFor(text, drivers);
  const { profile, problems } = checkProfile({ file, text, driver, lang });
  const told = problems.map((problem) => renderProblem(problem, { file, text, lang })).join("");
  return { profile, text: `${told}${profile ? good(file, profile, lang) : ""}` };
}

/** One of the family that the profile names; where it names none, that is told as a mistake. */
async function driverFor(text: string, drivers: Catalogue["drivers"]): Promise<Driver> {
  const [, family = "modbus"] = /^driver:\s*([\w-]+)/m.exec(text) ?? [];
  const driver = await (drivers[family] ?? drivers["modbus-tcp"])?.();
  if (driver) return driver;
  throw new Misconfigured("there is no driver modbus-tcp to check the points with");
}

function good(file: string, profile: Profile, lang: Lang): string {
  const points = Object.keys(profile.points).length;
  const variants = Object.keys(profile.variants).length;
  const models = profile.models.length;
  if (lang === "zh") {
    return `${file} 正确：${models} 个型号，${points} 个测点，${variants} 个变体\n`;
  }
  return `${file} is good: ${models} models, ${points} points, ${variants} variants\n`;
}

/** The text of a file that a person named. */
export async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Misconfigured(`${file} cannot be read: ${why}; check the path`, { cause: error });
  }
}
