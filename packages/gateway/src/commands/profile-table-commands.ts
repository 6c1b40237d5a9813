import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { type Command, Option } from "commander";
import { systemLang } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import type { Profile } from "../config/profile-schema.ts";
import { FAMILIES, type Family } from "../profiles/import-table.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";

const LANG = ["--lang <lang>", "en or zh; the system's language if absent"] as const;

const sameAs = (id: string, lang: Lang) =>
  lang === "zh" ? `与 ${id} 没有差异\n` : `nothing differs from ${id}\n`;

/** `headgate profile import` and `export`: tables of points, as people keep them. */
export function addTableCommands(
  profile: Command,
  profileOf: (idOrPath: string) => Promise<Profile>,
  cli: Cli,
): void {
  profile
    .command("import")
    .description("make a profile of a table of points; the report tells of each row refused")
    .argument("<file>", ".csv or .xlsx with a row of titles, English or Chinese")
    .option("--id <id>", "the profile's id; the file's name if absent")
    .option("--manufacturer <name>", "the maker", "Unknown")
    .option("--model <name...>", "models with these registers; the id if absent")
    .addOption(
      new Option("--driver <family>", "whose addresses they are")
        .choices(FAMILIES)
        .default("modbus"),
    )
    .option("--document-offset <n>", "wire address = address + this: -1, -40001", "0")
    .option("--diff <id>", "tell what differs from this profile")
    .option("--out <file>", "write the profile there, not to stdout")
    .option(...LANG)
    .action(async (file: string, options) => {
      const { importProfile } = await import("./profile-table.ts");
      const against = options.diff === undefined ? null : await profileOf(options.diff);
      const lang = langOf(options.lang);
      const imported = await importProfile(file, headOf(file, options), { lang, against });
      const isSame = against !== null && imported.diff === "";
      const diff = isSame ? sameAs(options.diff, lang) : imported.diff;
      process.stderr.write(imported.report + diff);
      if (options.out === undefined) process.stdout.write(imported.yaml);
      else await writeFile(options.out, imported.yaml);
      cli.finish(imported.isWhole ? ExitCode.ok : ExitCode.no);
    });
  profile
    .command("export")
    .description("a profile's points as CSV, or as Excel with --out FILE.xlsx")
    .argument("<id>", "a profile's id or file")
    .option("--variant <name>", "of the profile")
    .option("--out <file>", ".csv or .xlsx; CSV on stdout if absent")
    .option(...LANG)
    .action(async (id: string, { variant = null, out = null, lang }) => {
      const { exportProfile } = await import("./profile-table.ts");
      const found = await profileOf(id);
      process.stdout.write(await exportProfile(found, { variant, out, lang: langOf(lang) }));
      cli.finish(ExitCode.ok);
    });
}

interface HeadOptions {
  readonly id?: string;
  readonly manufacturer: string;
  readonly model?: readonly string[];
  readonly documentOffset: string;
  readonly driver: Family;
}

function headOf(file: string, options: HeadOptions) {
  const { id, manufacturer, model, documentOffset, driver } = options;
  const named = basename(file).replace(/\.\w+$/, "");
  const plain = named.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  const own = id ?? (plain.replaceAll(/^-+|-+$/g, "") || "imported");
  const models = model ?? [own];
  return {
    ...{ id: own, manufacturer, models, name: { en: models[0] ?? own, zh: models[0] ?? own } },
    driver,
    ...{ source: `Table ${basename(file)}`, documentOffset: Number(documentOffset) },
  };
}

function langOf(lang: string | undefined): Lang {
  return lang === "en" || lang === "zh" ? lang : systemLang();
}
