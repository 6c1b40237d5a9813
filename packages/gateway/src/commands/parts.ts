import { Refused } from "@headgate/model";
import { type Component, readPartsList } from "../parts-list.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";

/** `headgate parts`: what the program is made of. */
export async function showParts(isJson: boolean): Promise<{ text: string; exitCode: number }> {
  const text = await readPartsList();
  if (text === null) throw new Refused("there is no list of parts: a build makes it (pnpm build)");
  if (isJson) return { text, exitCode: ExitCode.ok };
  const { components } = JSON.parse(text) as { components: readonly Component[] };
  const rows = components.map(({ group, name, version, licenses }) => {
    const licence = licenses.map(({ license, expression }) => license?.id ?? expression ?? "");
    return [group === undefined ? name : `${group}/${name}`, version, licence.join(", ")];
  });
  return { text: formatTable([["PART", "VERSION", "LICENCE"], ...rows]), exitCode: ExitCode.ok };
}
