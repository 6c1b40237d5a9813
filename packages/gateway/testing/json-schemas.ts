import type { Schema } from "@headgate/model";
import { z } from "zod";
import type { Catalogue } from "../src/config/config.ts";
import { describeSchema, type SchemaNode } from "../src/config/describe-schema.ts";
import { profileSchema } from "../src/config/profile-schema.ts";
import {
  bufferSchema,
  channelSchema,
  deviceSchema,
  gatewaySchema,
  historySchema,
  pointSchema,
  uplinkSchema,
  webSchema,
} from "../src/config/sections.ts";

// For editors. What it allows, `headgate check` may still refuse; not the other way round.

type JsonSchema = Record<string, unknown>;

/** The JSON Schema of the gateway file, with every driver and uplink of a catalogue. */
export async function gatewayJsonSchema(catalogue: Catalogue): Promise<JsonSchema> {
  const drivers = await Promise.all(Object.values(catalogue.drivers).map((load) => load()));
  const uplinks = await Promise.all(Object.values(catalogue.uplinks).map((load) => load()));
  const points = drivers.map(({ addressSchema }) => join(pointSchema, addressSchema));
  const devices = drivers.map((driver) => join(deviceSchema, driver.deviceSchema ?? null));
  const withPoints = devices.map((device) => ({
    ...device,
    properties: {
      ...(device.properties as JsonSchema),
      points: named({ $ref: "#/$defs/point" }, "Points by name"),
    },
  }));
  const typed = (key: string, own: z.ZodType, parts: readonly Typed[]) =>
    oneOf(parts.map(({ type, configSchema }) => withType(key, type, join(own, configSchema))));
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Headgate gateway",
    type: "object",
    properties: {
      gateway: inner(gatewaySchema),
      buffer: inner(bufferSchema),
      history: inner(historySchema),
      channels: named(typed("driver", channelSchema, drivers), "Lines by name"),
      devices: named(oneOf(withPoints), "Devices by name"),
      uplinks: named(typed("type", uplinkSchema, uplinks), "Ways to the cloud by name"),
      web: { anyOf: [inner(webSchema), { const: false }] },
    },
    required: ["gateway"],
    additionalProperties: false,
    $defs: { point: oneOf(points) },
  };
}

/** The JSON Schema of a profile. */
export function profileJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(profileSchema, { io: "input" });
  return { ...schema, title: "Headgate device profile" };
}

interface Typed {
  readonly type: string;
  readonly configSchema: Schema<unknown>;
}

function inner(schema: Schema<unknown>): JsonSchema {
  const { $schema, ...rest } = { $schema: "", ...(describeSchema(schema) ?? {}) };
  return rest;
}

/** Two checkers of one map as one map. A schema that is not zod's leaves the map open. */
function join(own: Schema<unknown>, other: Schema<unknown> | null): JsonSchema {
  const mine = inner(own) as SchemaNode & JsonSchema;
  if (other === null) return mine;
  const theirs = describeSchema(other) as (SchemaNode & JsonSchema) | null;
  if (!theirs?.properties) return { ...mine, additionalProperties: true };
  const required = [...asList(mine.required), ...asList(theirs.required)];
  return {
    type: "object",
    properties: { ...theirs.properties, ...mine.properties },
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function withType(key: string, type: string, schema: JsonSchema): JsonSchema {
  const properties = { ...(schema.properties as JsonSchema), [key]: { const: type } };
  return { title: type, ...schema, properties };
}

/** Drivers of one family share their shapes: each shape once. */
function oneOf(schemas: readonly JsonSchema[]): JsonSchema {
  const byText = new Map(schemas.map((schema) => [JSON.stringify(schema), schema]));
  const [first, ...others] = byText.values();
  return first && others.length === 0 ? first : { anyOf: [...byText.values()] };
}

function named(schema: JsonSchema, description: string): JsonSchema {
  return { type: "object", description, additionalProperties: schema };
}
