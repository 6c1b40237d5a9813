import { Refused } from "@headgate/model";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { GatewayConfig } from "../../config/config.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { EVIDENCE_CODES, type TrialItem } from "../../trial/evidence.ts";
import { ApiProblem } from "./api-problem.ts";
import { TEXT_CHARACTERS_MAX } from "./config-routes.ts";
import { requireMay } from "./may-apply.ts";
import { type Route, route } from "./route.ts";

export const itemSchema = z
  .strictObject({
    kind: z.enum(["channel", "device", "uplink"]),
    id: z.string(),
    outcome: z.enum(["good", "bad", "untried"]),
    tookMs: z.number(),
    evidence: z.array(
      z.strictObject({
        code: z.enum(EVIDENCE_CODES),
        params: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    ),
  })
  .meta({ id: "TrialItem" });

/** A draft that is tried before it is applied. */
export function trialRoutes(
  configuration: Configuration,
  access: Access,
  tryOut: (config: GatewayConfig) => Promise<readonly TrialItem[]>,
): readonly Route[] {
  let isBusy = false;
  return [
    route({
      method: "POST",
      path: "/api/config/test",
      summary:
        "Tries what a text adds or changes: opens lines, reads devices once, has uplinks take a " +
        "message that means nothing. Keeps nothing; takes 12 s at most. Uplinks: admins only",
      role: "technician",
      csrf: "token",
      rate: "work",
      body: z.strictObject({ text: z.string().max(TEXT_CHARACTERS_MAX) }),
      problems: ["invalid", "refused", "wrong-role", "secret-moves"],
      answer: z.strictObject({ items: z.array(itemSchema) }),
      handle: async ({ body, lang, caller }) => {
        const draft = await configuration.check(body.text, lang);
        if (!draft.gist) throw new ApiProblem("invalid");
        // Else its secrets could be had by whoever may not see them, at an address of their own.
        requireMay(caller)(draft);
        if (isBusy) throw new Refused("a draft is being tried already; ask again in a moment");
        isBusy = true;
        try {
          const { name: who, address } = caller;
          const deed = { who, address, action: "config.test", detail: "" } as const;
          await access.note({ ...deed, outcome: "done" });
          const config = await configuration.meaningOf(draft);
          if (!config) throw new ApiProblem("invalid");
          return { items: await tryOut(config) };
        } finally {
          isBusy = false;
        }
      },
    }),
  ];
}
