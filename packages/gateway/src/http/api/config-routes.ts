import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { AuditAction } from "../../access/audit-log.ts";
import type { ConfigChange } from "../../compare-configs.ts";
import type { Problem } from "../../config/problem.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { ChangedMeanwhile } from "../../configuration/draft.ts";
import type { Unproved } from "../../configuration/probation.ts";
import {
  type ConfigVersion,
  changeSchema,
  movedSecretsSchema,
} from "../../configuration/version-store.ts";
import { configStatusOf } from "../../status.ts";
import { ApiProblem, type Mistake, mistakeSchema, notFound } from "./api-problem.ts";
import { requireMay } from "./may-apply.ts";
import { type Asked, type Caller, Reply, type Route, type Rule, route } from "./route.ts";
import { probationSchema } from "./status-schemas.ts";

export const TEXT_CHARACTERS_MAX = 3_000_000;

const configSchema = z
  .strictObject({
    version: z.int(),
    text: z.string().meta({ description: "Without its secrets; those come back on apply" }),
    probation: probationSchema,
  })
  .meta({ id: "Config" });
const versionShape = {
  version: z.int(),
  atMs: z.number(),
  who: z.string(),
  why: z.string(),
  changes: z.array(changeSchema),
};
export const versionSchema = z.strictObject(versionShape).meta({ id: "ConfigVersion" });
const partsSchema = z.array(
  z.strictObject({
    id: z.string(),
    change: z.enum(["added", "removed", "reopened", "replanned"]).meta({
      description: "replanned: its line stays open, and what is read over it as before goes on",
    }),
  }),
);
const stopsSchema = z
  .strictObject({
    whole: z.array(z.string()).meta({ description: "Settings for which all begins anew" }),
    channels: partsSchema,
    uplinks: partsSchema,
    web: z.boolean(),
  })
  .meta({ id: "ConfigStops", description: "What stops for it, and begins again" });
export const checkSchema = z
  .strictObject({
    isGood: z.boolean(),
    isRisky: z.boolean().meta({ description: "Takes an admin, and must be confirmed" }),
    movedSecrets: movedSecretsSchema,
    mistakes: z.array(mistakeSchema),
    warnings: z.array(mistakeSchema),
    changes: z.array(changeSchema),
    stops: stopsSchema.nullable(),
  })
  .meta({ id: "ConfigCheck" });

const text = z
  .string()
  .max(TEXT_CHARACTERS_MAX)
  .meta({ description: "The whole file, YAML or JSON" });
const secrets = z
  .array(z.array(z.string().min(1).max(200)).min(2).max(12))
  .max(500)
  .default([])
  .meta({ description: "Where one was typed that is to be a file: [channels, gate, password]" });
const why = z.string().max(500).default("").meta({ description: "For those who ask later" });

const LOOK = {
  method: "GET",
  role: "technician",
  csrf: "none",
  rate: "bulk",
} as const satisfies Partial<Rule>;
const CHANGE = {
  role: "technician",
  csrf: "token",
  rate: "work",
} as const satisfies Partial<Rule>;
const APPLY = {
  ...CHANGE,
  problems: [
    "version-needed",
    "changed-meanwhile",
    "invalid",
    "refused",
    "wrong-role",
    "secret-moves",
  ],
} as const satisfies Partial<Rule>;
const numbered = z.strictObject({ version: z.coerce.number().int().min(1) });

/** The configuration: looked at, checked, applied, confirmed, taken back. */
export function configRoutes(
  configuration: Configuration,
  access: Access,
  unproved: Unproved,
): readonly Route[] {
  return [
    route({
      ...LOOK,
      path: "/api/config",
      summary: "The configuration's file, its version (also the ETag), and what is to be confirmed",
      answer: configSchema,
      handle: async () => {
        const { version } = configuration;
        const body = {
          version: version.version,
          text: await configuration.texts.shown(version),
          probation: configStatusOf(configuration, unproved).probation,
        };
        return new Reply(body, { headers: { etag: `"${version.version}"` } });
      },
    }),
    route({
      ...CHANGE,
      method: "POST",
      path: "/api/config/check",
      summary: "What a text would change, and what is wrong with it; changes nothing",
      body: z.strictObject({ text }),
      answer: checkSchema,
      handle: async ({ body, lang }) => {
        const draft = await configuration.check(body.text, lang);
        const { problems, isRisky, changes, stops, movedSecrets } = draft;
        return {
          ...{ isGood: draft.gist !== null, isRisky, changes, stops: stops && viewStops(stops) },
          movedSecrets,
          mistakes: problems.filter(({ severity }) => severity === "error").map(mistakeOf),
          warnings: problems.filter(({ severity }) => severity === "warning").map(mistakeOf),
        };
      },
    }),
    ...applyRoutes(configuration, access),
    ...probationRoutes(configuration, access, unproved),
    ...versionRoutes(configuration),
  ];
}

const appliedSchema = z
  .strictObject({
    version: z.int(),
    confirmWithinMs: z
      .number()
      .nullable()
      .meta({ description: "POST /api/config/confirm within it; null: not needed" }),
  })
  .meta({ id: "Applied" });

function applyRoutes(configuration: Configuration, access: Access): readonly Route[] {
  type Wish = { readonly why: string; readonly secrets?: readonly (readonly string[])[] };
  const apply = async (given: string, asked: Asked<unknown, unknown, Wish>) => {
    const { caller, lang, body } = asked;
    const seen = seenOf(asked.header("if-match"));
    const draft = await configuration.check(given, lang);
    const errors = draft.problems.filter(({ severity }) => severity === "error").map(mistakeOf);
    if (!draft.gist) throw new ApiProblem("invalid", { errors });
    const may = requireMay(caller);
    may(draft);
    const edit = {
      text: given,
      draft,
      seen,
      who: caller.name,
      why: body.why,
      may,
      secrets: body.secrets ?? [],
    };
    const version = await configuration.apply(edit).catch((error: unknown) => {
      if (!(error instanceof ChangedMeanwhile)) throw error;
      const { who, version } = error.newest;
      throw new ApiProblem("changed-meanwhile", { params: { who, version } });
    });
    const lines = version.changes.map((change) => `${change.path}: ${change.old} → ${change.new}`);
    await note(access, caller, "config.apply", `version ${version.version}; ${lines.join("; ")}`);
    const confirmWithinMs = draft.isRisky ? configuration.confirmMsMax : null;
    return { version: version.version, confirmWithinMs };
  };
  return [
    route({
      ...APPLY,
      method: "PUT",
      path: "/api/config",
      summary: "Applies a text to the version named by If-Match; only what it changes stops",
      body: z.strictObject({ text, why, secrets }),
      answer: appliedSchema,
      handle: async (asked) => await apply(asked.body.text, asked),
    }),
    route({
      ...APPLY,
      method: "POST",
      path: "/api/config/versions/:version/restore",
      summary: "Applies an earlier version anew, with If-Match like any other",
      params: numbered,
      body: z.strictObject({ why }),
      problems: [...APPLY.problems, "not-found"],
      answer: appliedSchema,
      handle: async (asked) => {
        const { text } = await versionOf(configuration, asked.params.version);
        return await apply(text, asked);
      },
    }),
  ];
}

function probationRoutes(
  configuration: Configuration,
  access: Access,
  unproved: Unproved,
): readonly Route[] {
  return [
    route({
      ...CHANGE,
      method: "POST",
      path: "/api/config/confirm",
      summary: "From the new state: the version stays",
      body: z.strictObject({
        version: z.int(),
        anyway: z
          .boolean()
          .default(false)
          .meta({ description: "Also while an uplink that it changed is not acknowledged" }),
      }),
      problems: ["refused"],
      answer: z.strictObject({ version: z.int() }),
      handle: async ({ body: { version, anyway }, caller }) => {
        await configuration.confirm(version, { unproved, anyway });
        const how = anyway ? ", whatever its uplinks say" : "";
        await note(access, caller, "config.confirm", `version ${version}${how}`);
        return { version };
      },
    }),
    route({
      ...CHANGE,
      method: "POST",
      path: "/api/config/roll-back",
      summary: "The version before the one to be confirmed comes back at once",
      problems: ["refused"],
      answer: z.strictObject({ version: z.int() }),
      handle: async ({ caller }) => {
        await configuration.rollBack(caller.name, "taken back by hand");
        const { version } = configuration.version;
        await note(access, caller, "config.roll-back", `version ${version}`);
        return { version };
      },
    }),
  ];
}

function versionRoutes(configuration: Configuration): readonly Route[] {
  return [
    route({
      ...LOOK,
      path: "/api/config/versions",
      summary: "Every version: who, when, why, what changed; the newest first",
      answer: z.array(versionSchema),
      handle: async () => await configuration.versions(),
    }),
    route({
      ...LOOK,
      path: "/api/config/versions/:version",
      summary: "One version with its text, without its secrets",
      params: numbered,
      problems: ["not-found"],
      answer: z.strictObject({ ...versionShape, text: z.string() }),
      handle: async ({ params }) => {
        const version = await versionOf(configuration, params.version);
        return { ...viewOf(version), text: await configuration.texts.shown(version) };
      },
    }),
  ];
}

async function versionOf(configuration: Configuration, number: number): Promise<ConfigVersion> {
  const found = await configuration.read(number);
  if (!found) throw notFound(`version ${number}`);
  return found;
}

function viewStops({ whole, channels, uplinks, isWebChanged: web }: ConfigChange) {
  const listed = (parts: ConfigChange["channels"]) =>
    [...parts].map(([id, change]) => ({ id, change }));
  return { whole, channels: listed(channels), uplinks: listed(uplinks), web };
}

const viewOf = ({ text: _, ...version }: ConfigVersion) => version;

/** `"18"` of the header; an edit of nobody knows what is none. */
function seenOf(ifMatch: string | undefined): number {
  const [, digits] = /^(?:W\/)?"?(\d+)"?$/.exec(ifMatch ?? "") ?? [];
  if (digits === undefined) throw new ApiProblem("version-needed");
  return Number(digits);
}

async function note(
  access: Access,
  caller: Caller,
  action: AuditAction,
  detail: string,
): Promise<void> {
  const { name: who, address } = caller;
  await access.note({ who, address, action, outcome: "done", detail });
}

function mistakeOf({ path, code, message, hint, line }: Problem): Mistake {
  return { path, code, message, hint, line };
}
