import { z } from "zod";
import type { Lang } from "../../config/messages.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import type { ConfigEdit } from "../../configuration/edit-text.ts";
import { changeSchema, movedSecretsSchema } from "../../configuration/version-store.ts";
import { mistakeSchema } from "./api-problem.ts";

/** A configuration that could be applied: `PUT /api/config {text}` with `If-Match: version`. */
export const draftSchema = z
  .strictObject({
    version: z.int().meta({ description: "That was edited; for If-Match" }),
    text: z.string().meta({ description: "The whole file, without its secrets" }),
    isGood: z.boolean(),
    isRisky: z.boolean().meta({ description: "Takes an admin, and must be confirmed" }),
    movedSecrets: movedSecretsSchema,
    mistakes: z.array(mistakeSchema),
    warnings: z.array(mistakeSchema),
    changes: z.array(changeSchema),
  })
  .meta({ id: "ConfigDraft" });
export type ConfigDraft = z.infer<typeof draftSchema>;

/** What the configuration would be with these edits. Changes nothing. */
export async function draftOf(
  configuration: Configuration,
  edits: readonly ConfigEdit[],
  lang: Lang,
): Promise<ConfigDraft> {
  const { version } = configuration;
  const text = await configuration.texts.edited(version, edits);
  const draft = await configuration.check(text, lang);
  const { problems, gist, isRisky, changes } = draft;
  const of = (wanted: string) =>
    problems
      .filter(({ severity }) => severity === wanted)
      .map(({ path, code, message, hint, line }) => ({ path, code, message, hint, line }));
  return {
    ...{ version: version.version, text, isGood: gist !== null },
    ...{ isRisky, changes: [...changes], movedSecrets: [...draft.movedSecrets] },
    ...{ mistakes: of("error"), warnings: of("warning") },
  };
}
