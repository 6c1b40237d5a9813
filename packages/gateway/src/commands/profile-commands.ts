import { join } from "node:path";
import { Misconfigured, silentLog, systemClock } from "@headgate/model";
import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import { systemLang } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import { profileLibrary, shippedProfileFolders } from "../config/profile.ts";
import type { Profile } from "../config/profile-schema.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { checkProfileFile } from "./profile-check.ts";
import { listProfiles, loadProfile, loadProfiles, showProfile } from "./profile-list.ts";
import { addTableCommands } from "./profile-table-commands.ts";
import { formatTest, type TestTarget, testProfile } from "./profile-test.ts";

const LANG = ["--lang <lang>", "en or zh; the system's language if absent"] as const;
const JSON_OPTION = ["--json", "print JSON"] as const;

/** `headgate profile …`: look at device models, check one's own, try one on a device. */
export function addProfileCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const profile = program.command("profile").description("device models: list, check, try");
  addLooks(profile, cli);
  addTableCommands(profile, profileOf, cli);
  profile
    .command("check")
    .description("check a profile's file: exit 0, or 2 with every mistake, its line and a hint")
    .argument("<file>", "its YAML file")
    .option(...LANG)
    .action(async (file: string, { lang }) => {
      const { drivers } = catalogue;
      const checked = await checkProfileFile(file, { drivers, lang: langOf(lang) });
      process.stdout.write(checked.text);
      cli.finish(checked.profile ? ExitCode.ok : ExitCode.usage);
    });
  profile
    .command("test")
    .description("read a device with a profile and judge what comes; never writes")
    .argument("<id>", "a profile's id or file")
    .requiredOption("--against <place>", "HOST, HOST:PORT or a serial port, /dev/ttyUSB0")
    .option("--unit <id>", "unit id; the profile's, or 1, if absent", wholeNumber)
    .option("--meter <number>", "of a DL/T 645 or CJ/T 188 meter, or any")
    .option("--kind <kind>", "of a CJ/T 188 meter: cold-water, heat, gas …")
    .option("--baud <rate>", "of a serial port; the profile's if absent", wholeNumber)
    .option("--parity <parity>", "none, even or odd; the profile's if absent")
    .option("--rtu", "at a host: RTU frames through a serial server")
    .option("--variant <name>", "of the profile; all are tried if absent")
    .option("--parameter <name=value...>", "such as ct=40")
    .option(...JSON_OPTION)
    .action(async (id: string, { json, ...given }) => {
      const target = targetOf(given);
      const context = {
        ...{ clock: systemClock, log: silentLog, signal: cli.signal },
        directory: join(process.cwd(), "data"),
      };
      const found = await profileOf(id);
      const test = await testProfile({ profile: found, file: id }, target, { catalogue, context });
      process.stdout.write(
        json ? `${JSON.stringify(test, null, 2)}\n` : formatTest(found.id, test),
      );
      cli.finish(test.exitCode);
    });
  profile
    .command("sunspec-check")
    .description("compare our SunSpec models with the official files of a folder")
    .argument("<folder>", "the model_*.json of sunspec/models")
    .action(async (folder: string) => {
      const { checkSunspec } = await import("./sunspec-check.ts");
      const { text, isEqual } = await checkSunspec(folder);
      process.stdout.write(text);
      cli.finish(isEqual ? ExitCode.ok : ExitCode.no);
    });
}

function targetOf(given: Record<string, unknown>): TestTarget {
  return {
    against: given.against as string,
    unitId: (given.unit as number | undefined) ?? null,
    meter: given.meter as string | undefined,
    kind: given.kind as string | undefined,
    baudRate: given.baud as number | undefined,
    parity: given.parity as string | undefined,
    isRtu: given.rtu === true,
    variant: (given.variant as string | undefined) ?? null,
    parameters: parametersOf((given.parameter as string[] | undefined) ?? []),
  };
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (text.trim() !== "" && Number.isInteger(number) && number >= 0) return number;
  throw new InvalidArgumentError("write a whole number");
}

function addLooks(profile: Command, cli: Cli): void {
  profile
    .command("list")
    .description("every profile with its models")
    .option(...JSON_OPTION)
    .action(async ({ json }) => {
      const profiles = await loadProfiles(library());
      process.stdout.write(json ? `${JSON.stringify(profiles)}\n` : listProfiles(profiles));
      cli.finish(ExitCode.ok);
    });
  profile
    .command("show")
    .description("a profile's sources, notes and points")
    .argument("<id>", "a profile's id or file")
    .option("--variant <name>", "of the profile")
    .option(...JSON_OPTION)
    .action(async (id: string, { variant = null, json }) => {
      const found = await profileOf(id);
      process.stdout.write(
        json ? `${JSON.stringify(found, null, 2)}\n` : showProfile(found, variant),
      );
      cli.finish(ExitCode.ok);
    });
}

/** Those of a folder `profiles/` here, and the shipped ones. */
function library() {
  return profileLibrary(["profiles", ...shippedProfileFolders()]);
}

async function profileOf(idOrPath: string): Promise<Profile> {
  const found = await loadProfile(library(), idOrPath);
  if (found) return found;
  throw new Misconfigured(`there is no profile "${idOrPath}"; headgate profile list shows all`);
}

function langOf(lang: string | undefined): Lang {
  return lang === "en" || lang === "zh" ? lang : systemLang();
}

function parametersOf(given: readonly string[]): Readonly<Record<string, number>> {
  const pairs = given.map((text) => {
    const [name = "", value] = text.split("=");
    if (value === undefined || Number.isNaN(Number(value))) {
      throw new Misconfigured(`parameter ${text} is not understood; write ct=40`);
    }
    return [name, Number(value)];
  });
  return Object.fromEntries(pairs);
}
