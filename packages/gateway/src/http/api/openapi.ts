import { z } from "zod";
import { VERSION } from "../../version.ts";
import { problemSchema } from "./api-problem.ts";
import { type ProblemCode, problemStatus, problemTitle } from "./problem-texts.ts";
import type { Route } from "./route.ts";

type Json = Record<string, unknown>;

const PROBLEM_TYPE = "application/problem+json";

/** OpenAPI 3.1, made of the table that is served: there is nothing to keep in step. */
export function openApiDocument(routes: readonly Route[], prefix = ""): Json {
  const components: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, components) };
  }
  schemaOf(problemSchema, "output", components);
  return {
    openapi: "3.1.0",
    info: {
      title: "Headgate",
      version: VERSION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      description:
        "Errors are RFC 9457 problems, in English or Chinese (?lang=zh or Accept-Language). " +
        "x-role is the least role a route takes; x-csrf what proves that a page of ours asks; " +
        "x-rate the budget it counts against.",
    },
    ...(prefix && { servers: [{ url: prefix }] }),
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        session: { type: "apiKey", in: "cookie", name: "headgate-session" },
        token: { type: "http", scheme: "bearer" },
      },
    },
  };
}

function operation(route: Route, components: Json): Json {
  const { method, path, summary, role, csrf, rate } = route;
  const name = path.replaceAll(/[/:.-]+(\w)/g, (_, first: string) => first.toUpperCase());
  return {
    operationId: `${method.toLowerCase()}${name === "/" ? "Page" : name}`,
    summary,
    security: role === "anyone" ? [] : [{ session: [] }, { token: [] }],
    "x-role": role,
    "x-csrf": csrf,
    "x-rate": rate,
    parameters: [
      ...parameters("path", route.params, components),
      ...parameters("query", route.query, components),
    ],
    ...(route.body && {
      requestBody: {
        required: true,
        content: { [typeOf(route)]: { schema: schemaOf(route.body, "input", components) } },
      },
    }),
    responses: { "200": answerOf(route, components), ...problemsOf(route) },
  };
}

function typeOf({ csrf }: Route): string {
  return csrf === "form" ? "application/x-www-form-urlencoded" : "application/json";
}

function answerOf({ answer }: Route, components: Json): Json {
  if (typeof answer === "string") {
    const [type = ""] = answer.split(";");
    return { description: "As it comes", content: { [type]: { schema: { type: "string" } } } };
  }
  const schema = schemaOf(answer, "output", components);
  return { description: "The answer", content: { "application/json": { schema } } };
}

/** What the route itself may answer, and what every route of its kind may. */
function problemsOf(route: Route): Json {
  const { role, csrf, params, query, body } = route;
  const codes: readonly ProblemCode[] = [
    ...route.problems,
    ...(params || query || body ? (["bad-request"] as const) : []),
    ...(role === "anyone" ? [] : (["login-needed", "wrong-role", "not-claimed"] as const)),
    ...(csrf === "none" ? [] : (["wrong-origin"] as const)),
    ...(csrf === "token" || csrf === "form" ? (["wrong-csrf"] as const) : []),
    ...(body ? (["too-large", "wrong-type"] as const) : []),
    "too-many",
  ];
  const byStatus = Map.groupBy(new Set(codes), problemStatus);
  const answers = [...byStatus].map(([status, codes]): [string, Json] => {
    const lines = codes.map((code) => `${code}: ${problemTitle(code, "en", {})}`);
    const schema = { $ref: "#/components/schemas/Problem" };
    return [
      `${status}`,
      { description: lines.join("\n"), content: { [PROBLEM_TYPE]: { schema } } },
    ];
  });
  return Object.fromEntries(answers);
}

function parameters(where: "path" | "query", schema: z.ZodType | null, components: Json): Json[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input", components) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: where,
    required: where === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema,
  }));
}

/** A schema as JSON Schema; parts that have a name of their own go into `components`. */
function schemaOf(schema: z.ZodType, io: "input" | "output", components: Json): Json {
  const {
    $schema,
    $defs = {},
    ...json
  } = z.toJSONSchema(schema, {
    io,
    unrepresentable: "any",
    override: ({ jsonSchema }) => {
      delete jsonSchema.id;
    },
  }) as Json & { $defs?: Json };
  const name = schema.meta()?.id;
  for (const [id, part] of Object.entries($defs)) components[id] = outside(part);
  if (name === undefined) return outside(json) as Json;
  components[name] = outside(json);
  return { $ref: `#/components/schemas/${name}` };
}

/** References to definitions of a schema's own, as references into the document. */
function outside(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(outside);
  if (typeof part !== "object" || part === null) return part;
  const entries = Object.entries(part).map(([key, value]) => {
    const isReference = key === "$ref" && typeof value === "string";
    return [key, isReference ? value.replace("#/$defs/", "#/components/schemas/") : outside(value)];
  });
  return Object.fromEntries(entries);
}
