import { z } from "zod";
import type { Configuration } from "../../configuration/configuration.ts";
import type { ConfigEdit } from "../../configuration/edit-text.ts";
import { draftOf, draftSchema } from "./draft.ts";
import { type Route, route } from "./route.ts";

const EDITS_MAX = 500;

const editSchema = z.strictObject({
  path: z
    .array(z.string().min(1).max(200))
    .min(1)
    .max(12)
    .meta({ description: '["devices", "tank", "points", "level", "order"]' }),
  value: z.unknown().meta({ description: "What is to be there; null or absent takes it away" }),
});

/** Edits of the configuration's text, place by place. */
export function editRoutes(configuration: Configuration): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/api/config/draft",
      summary: "What the configuration would be with these edits; changes nothing",
      role: "technician",
      csrf: "token",
      rate: "work",
      problems: ["misconfigured"],
      body: z.strictObject({ edits: z.array(editSchema).min(1).max(EDITS_MAX) }),
      answer: draftSchema,
      handle: async ({ body, lang }) => {
        const edits = body.edits.map(
          ({ path, value }): ConfigEdit => ({ path, value: value ?? undefined }),
        );
        return await draftOf(configuration, edits, lang);
      },
    }),
  ];
}
