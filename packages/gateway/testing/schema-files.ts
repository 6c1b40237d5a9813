import { fileURLToPath } from "node:url";
import { catalogue } from "../src/catalogue.ts";
import { gatewayJsonSchema, profileJsonSchema } from "./json-schemas.ts";

/** The JSON Schemas that firmware-config holds, as they must be. */
export async function schemaFiles(): Promise<readonly { path: string; text: string }[]> {
  const schemas = {
    "headgate.schema.json": await gatewayJsonSchema(catalogue),
    "profile.schema.json": profileJsonSchema(),
  };
  return Object.entries(schemas).map(([name, schema]) => ({
    path: fileURLToPath(new URL(`../../../firmware-config/${name}`, import.meta.url)),
    text: `${JSON.stringify(schema, null, 2)}\n`,
  }));
}
