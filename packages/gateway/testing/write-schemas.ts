// Writes the JSON Schemas of firmware-config: node --conditions=headgate-source <this file>
import { writeFile } from "node:fs/promises";
import { schemaFiles } from "./schema-files.ts";

for (const { path, text } of await schemaFiles()) {
  await writeFile(path, text);
  process.stdout.write(`${path}\n`);
}
