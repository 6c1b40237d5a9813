import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { RollBacks } from "../../roll-backs/roll-backs.ts";
import type { GatewayView } from "../../status.ts";
import { type Route, route } from "./route.ts";

export const rollBackSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(["config", "update"]),
    version: z.string().meta({
      description:
        "Of a configuration: what is in use again, as this one; of the program: what left",
    }),
    why: z.string(),
    atMs: z.number(),
  })
  .meta({ id: "RollBack" });

/** What went back by itself, until somebody has seen it: `/api/roll-backs`. */
export function rollBackRoutes(
  { configuration, updates }: Pick<GatewayView, "configuration" | "updates">,
  access: Access,
): readonly Route[] {
  const { folder } = access;
  const sources = { folder, configuration: configuration ?? null, updates: updates ?? null };
  const rollBacks = new RollBacks(sources);
  return [
    route({
      method: "GET",
      path: "/api/roll-backs",
      summary: "What went back by itself and nobody has seen yet",
      role: "viewer",
      csrf: "none",
      rate: "read",
      answer: z.array(rollBackSchema),
      handle: async () => await rollBacks.unseen(),
    }),
    route({
      method: "POST",
      path: "/api/roll-backs/seen",
      summary: "Somebody has seen that it went back: it is told no more",
      role: "technician",
      csrf: "token",
      rate: "work",
      problems: ["refused"],
      body: z.strictObject({ id: z.string().max(100) }),
      answer: rollBackSchema,
      handle: async ({ body: { id }, caller: { name: who, address } }) => {
        const seen = await rollBacks.see(id);
        const detail = `${seen.kind} ${seen.version}`;
        await access.note({ who, address, action: "roll-back.see", outcome: "done", detail });
        return seen;
      },
    }),
  ];
}
