import { join } from "node:path";
import { Refused } from "@headgate/model";
import { replaceFile } from "../access/durable-file.ts";
import { dataPathOf, referencesOf } from "../config/check-file.ts";
import { readSource } from "../config/source.ts";
import { parseYaml } from "../config/yaml-document.ts";
import { type ConfigEdit, editText } from "./edit-text.ts";
import { isSecretKey } from "./hidden-secrets.ts";

/** Where in a configuration a secret was typed: ["channels", "gate", "password"]. */
export type SecretPlace = readonly string[];

const NAME_LENGTH_MAX = 100;

/**
 * The text with references at these places; what was typed there is in files of the data folder,
 * on the disk. Each has a name of its own: versions that go back find theirs as it was.
 */
export async function keepSecrets(
  text: string,
  places: readonly SecretPlace[],
  directory: string,
): Promise<string> {
  if (places.length === 0) return text;
  const document = parseYaml(text);
  const dataPath = dataPathOf(readSource(text).value, directory);
  const edits: ConfigEdit[] = [];
  for (const path of places) {
    const typed = document.getIn(path);
    // What refers to a secret is none; what is no text would come back as one.
    if (typeof typed !== "string" || typed === "" || typed.includes("${")) continue;
    if (!isSecretKey(path.at(-1) ?? "")) continue;
    const name = await freeSecretName(path, dataPath);
    const file = join(dataPath, "secrets", name);
    // One line break at its end is taken for an editor's.
    await replaceFile(file, `${typed}\n`).catch((cause: unknown) => {
      throw new Refused(`the secret of ${path.join(".")} could not be kept in ${file}`, { cause });
    });
    edits.push({ path, value: `\${secret:${name}}` });
  }
  return edits.length === 0 ? text : editText(text, edits);
}

/** "gate-password", then "gate-password-2". */
async function freeSecretName(path: SecretPlace, dataPath: string): Promise<string> {
  const { secretFolders, variables, readFile } = referencesOf(dataPath, process.env);
  const isTaken = async (name: string) => {
    const variable = `HEADGATE_SECRET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
    if (variables[variable] !== undefined) return true;
    const texts = await Promise.all(secretFolders.map((folder) => readFile(join(folder, name))));
    return texts.some((text) => text !== null);
  };
  const plain = path
    .slice(1)
    .join("-")
    .replaceAll(/[^A-Za-z0-9_-]+/g, "-");
  const wanted = plain.replace(/^[^A-Za-z0-9]+/, "").slice(-NAME_LENGTH_MAX);
  const base = wanted.replace(/^[^A-Za-z0-9]+/, "");
  let name = base;
  for (let number = 2; await isTaken(name); number++) name = `${base}-${number}`;
  return name;
}
