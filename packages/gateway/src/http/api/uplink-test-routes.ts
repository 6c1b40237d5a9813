import type { UplinkStep } from "@headgate/model";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { GatewayConfig } from "../../config/config.ts";
import type { UplinkTester } from "../../uplink-tester.ts";
import { type Route, route } from "./route.ts";

const KEYS_MAX = 30;

export const uplinkStepSchema = z.strictObject({
  step: z.enum(["name", "port", "tls", "login", "subscribe", "publish"]),
  outcome: z.enum(["ok", "failed"]),
  tookMs: z.number(),
  detail: z.string(),
});
uplinkStepSchema satisfies z.ZodType<UplinkStep>;

/** Tries an uplink before it is applied: `/api/uplinks/test`. */
export function uplinkTestRoutes(
  tester: UplinkTester,
  access: Access,
  configOf: () => GatewayConfig,
): Route[] {
  return [
    route({
      method: "POST",
      path: "/api/uplinks/test",
      summary:
        "Goes the way to a server step by step; publishes what means nothing, stores nothing",
      role: "technician",
      csrf: "token",
      rate: "work",
      problems: ["misconfigured"],
      body: z.strictObject({
        type: z.string().max(64).default("mqtt"),
        settings: z
          .record(z.string().max(64), z.unknown())
          .refine((given) => Object.keys(given).length <= KEYS_MAX)
          .meta({ description: "As below uplinks in the configuration, without type" }),
      }),
      answer: z.strictObject({ isGood: z.boolean(), steps: z.array(uplinkStepSchema) }),
      handle: async ({ body, signal, caller: { name: who, address } }) => {
        const detail = placeOf(body.settings.url);
        await access.note({ who, address, action: "uplink.test", outcome: "done", detail });
        const { id: gatewayId } = configOf().gateway;
        const steps = await tester.test(body, { gatewayId, signal });
        return { isGood: steps.every(({ outcome }) => outcome === "ok"), steps };
      },
    }),
  ];
}

/** Where it is, without who logs in there. */
function placeOf(url: unknown): string {
  const parsed = typeof url === "string" ? URL.parse(url) : null;
  return parsed === null ? "" : `${parsed.protocol}//${parsed.host}`;
}
