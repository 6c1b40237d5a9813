import { z } from "zod";
import { loadProfiles } from "../../commands/profile-list.ts";
import type { ProfileLibrary } from "../../config/profile.ts";
import { type Profile, profileSchema } from "../../config/profile-schema.ts";
import { MEANINGS } from "../../profiles/meanings.ts";
import { notFound } from "./api-problem.ts";
import { type Route, route } from "./route.ts";

const texts = z.strictObject({ en: z.string(), zh: z.string() });
const summarySchema = z
  .strictObject({
    id: z.string(),
    name: texts,
    manufacturer: z.string(),
    models: z.array(z.string()),
    driver: z.string(),
    pointCount: z.int(),
    verified: z.string(),
    variants: z.array(z.strictObject({ id: z.string(), name: texts })),
    parameters: z.array(z.strictObject({ id: z.string(), name: texts, default: z.number() })),
  })
  .meta({ id: "ProfileSummary" });
/** A device model without its points. */
export type ProfileSummary = z.infer<typeof summarySchema>;

const meaningsSchema = z.record(z.string(), texts).meta({ id: "Meanings" });
/** What people call the meanings of points, by meaning. */
export type Meanings = z.infer<typeof meaningsSchema>;
const MEANING_TEXTS: Meanings = Object.fromEntries(
  [...MEANINGS].map(([meaning, { en, zh }]) => [meaning, { en, zh }]),
);

const READ = { method: "GET", role: "viewer", csrf: "none", rate: "read" } as const;

/** Device models that a configuration may name. */
export function profileRoutes(library: () => ProfileLibrary): readonly Route[] {
  // Files of the program: they do not change while it runs, and sixty take long to read.
  let summaries: Promise<readonly ProfileSummary[]> | undefined;
  const summarize = async () => (await loadProfiles(library())).map(summaryOf);
  return [
    route({
      ...READ,
      rate: "bulk",
      path: "/api/profiles",
      summary: "Every device model, without its points",
      answer: z.array(summarySchema),
      handle: () => {
        summaries ??= summarize();
        return summaries;
      },
    }),
    route({
      ...READ,
      path: "/api/meanings",
      summary: "What points may mean, in words for people",
      answer: meaningsSchema,
      handle: async () => MEANING_TEXTS,
    }),
    route({
      ...READ,
      path: "/api/profiles/:profile",
      summary: "One device model, as its file has it",
      params: z.strictObject({ profile: z.string().regex(/^[a-z0-9][a-z0-9.-]*$/) }),
      problems: ["not-found"],
      answer: profileSchema,
      handle: async ({ params }) => {
        const profile = await library().load(params.profile);
        if (!profile) throw notFound(`profile "${params.profile}"`);
        return profile;
      },
    }),
  ];
}

function summaryOf(profile: Profile): ProfileSummary {
  const { id, name, manufacturer, models, driver, points, verified } = profile;
  return {
    ...{ id, name, manufacturer, models, driver, verified },
    pointCount: Object.keys(points).length,
    variants: Object.entries(profile.variants).map(([id, { name }]) => ({ id, name })),
    parameters: Object.entries(profile.parameters).map(([id, { name, default: value }]) => {
      return { id, name, default: value };
    }),
  };
}
