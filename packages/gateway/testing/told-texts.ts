import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const packages = join(import.meta.dirname, "..", "..");

/** Where texts come from that reach the page; what only the command line says is elsewhere. */
const FOLDERS = [
  "drivers/src",
  "sync/src/uplink",
  "sync/src/buffer",
  ...["access", "acquire", "configuration", "find", "http", "inspect", "line"].map(ofGateway),
  ...["trial", "update", "variants", "writes", "clock", "roll-backs"].map(ofGateway),
];
const FILES = ["channel", "field-view", "history-view", "pipeline", "supervise", "uplink-tester"];
const NOT_SAID = [
  /\.test\.ts$|\/(salvage|virtual|testing)\/|quarantine\.ts|open-to-read|snippet\.ts|embed-page/,
  // The configuration's checker has its own words in both languages.
  /warn-if-open|\/settings\.ts|address\.ts|sunspec\/path|tell-variants|lessons/,
];

function ofGateway(folder: string): string {
  return `gateway/src/${folder}`;
}

/** A text in the source that may be shown, with `7` where something is filled in. */
export interface ToldText {
  readonly file: string;
  readonly text: string;
}

const NAMED = "\\b(?:reason|hint|advice|todo|why)(?:: string)?\\s*[:=]";
const SAID = new RegExp(`new (?:Misconfigured|Refused|Unreachable)\\(|missing\\(|${NAMED}`, "g");
const LITERAL = /^[\s\S]{0,160}?(?:`((?:[^`\\]|\\.)*)`|"((?:[^"\\\n]|\\.)*)")/;

/** What faults, reasons and hints say. */
export function toldTexts(): readonly ToldText[] {
  const inFolders = FOLDERS.flatMap((folder) =>
    readdirSync(join(packages, folder), { recursive: true, encoding: "utf8" }).map(
      (name) => `${folder}/${name.replaceAll("\\", "/")}`,
    ),
  );
  const files = [...inFolders, ...FILES.map((name) => ofGateway(`${name}.ts`))];
  return files
    .filter((file) => file.endsWith(".ts") && !NOT_SAID.some((one) => one.test(file)))
    .flatMap((file) => textsIn(file, readFileSync(join(packages, file), "utf8")));
}

function textsIn(file: string, source: string): readonly ToldText[] {
  return [...source.matchAll(SAID)].flatMap(({ index, 0: begin }) => {
    const after = source.slice(index + begin.length);
    // A text that is not given there and then is a name: it is found where it is made.
    const [whole = "", template, plain] = LITERAL.exec(after) ?? [];
    const isDirect = !/[;{}]|=>|\n\n/.test(whole.slice(0, whole.search(/[`"]/)));
    const text = template ?? plain;
    if (text === undefined || !isDirect) return [];
    const filled = text.replaceAll(/\$\{[^}]*\}/g, "7").replaceAll("\\n", " ");
    return /[a-z]{3,} /i.test(filled) && !filled.includes("${") ? [{ file, text: filled }] : [];
  });
}
