import { z } from "zod";
import type { Lang } from "../../config/messages.ts";
import { parseYaml } from "../../config/yaml-document.ts";
import { type Configuration, shownText } from "../../configuration/configuration.ts";
import { type ConfigEdit, editText } from "../../configuration/edit-text.ts";
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
  const text = editText(shownText(version), edits);
  const draft = await configuration.check(text, lang);
  const { problems, config, isRisky, changes } = draft;
  const of = (wanted: string) =>
    problems
      .filter(({ severity }) => severity === wanted)
      .map(({ path, code, message, hint, line }) => ({ path, code, message, hint, line }));
  return {
    ...{ version: version.version, text, isGood: config !== null },
    ...{ isRisky, changes: [...changes], movedSecrets: [...draft.movedSecrets] },
    ...{ mistakes: of("error"), warnings: of("warning") },
  };
}

type Section = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Channels and devices as the file has them. */
export function sectionsIn(configuration: Configuration): {
  readonly channels: Section;
  readonly devices: Section;
} {
  const document = parseYaml(configuration.version.text);
  const { channels, devices } = (document.toJS({ maxAliasCount: 100 }) ?? {}) as {
    channels?: Section | null;
    devices?: Section | null;
  };
  return { channels: channels ?? {}, devices: devices ?? {} };
}
