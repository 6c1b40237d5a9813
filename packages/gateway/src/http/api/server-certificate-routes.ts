import { z } from "zod";
import type { Access } from "../../access/access.ts";
import { decideCertificate, listCertificates } from "../../commands/certificates.ts";
import type { GatewayConfig } from "../../config/config.ts";
import { notFound } from "./api-problem.ts";
import { type Route, type Rule, route } from "./route.ts";

const certificateSchema = z
  .strictObject({
    thumbprint: z.string().meta({ description: "SHA-1, 40 hex digits" }),
    subject: z.string(),
    state: z.enum(["own", "seen", "trusted", "rejected"]).meta({
      description: "seen waits for a person; own is for the server's list of whom it trusts",
    }),
    dates: z.enum(["valid", "expiring", "expired", "not yet valid"]),
    validFromMs: z.number(),
    validToMs: z.number(),
    uri: z.string(),
  })
  .meta({ id: "ServerCertificate" });
export type ServerCertificate = z.infer<typeof certificateSchema>;

const RULE = { role: "technician", rate: "work" } as const satisfies Partial<Rule>;
const PATH = "/api/channels/:channel/certificates";

/** Whom the channels trust, of drivers whose servers prove themselves by a certificate. */
export function serverCertificateRoutes(
  access: Access,
  configOf: () => GatewayConfig,
): readonly Route[] {
  const channelIn = (id: string) => {
    const channel = configOf().channels.find((one) => one.id === id);
    if (!channel?.driver.certificates) throw notFound(`channel "${id}" with certificates`);
  };
  return [
    route({
      ...RULE,
      method: "GET",
      csrf: "none",
      path: PATH,
      summary: "The channel's own certificate, and those of servers that it met",
      params: z.strictObject({ channel: z.string() }),
      problems: ["not-found"],
      answer: z.array(certificateSchema),
      handle: async ({ params: { channel } }) => {
        channelIn(channel);
        const listed = await listCertificates(configOf(), [channel], access.clock);
        return listed.map(({ channel: _, file: __, ...certificate }) => certificate);
      },
    }),
    route({
      ...RULE,
      method: "PUT",
      csrf: "token",
      path: `${PATH}/:thumbprint`,
      summary: "Trusts a server's certificate, or not; counts from the next attempt on",
      params: z.strictObject({
        channel: z.string(),
        thumbprint: z.string().regex(/^[0-9a-f]{40}$/),
      }),
      body: z.strictObject({ state: z.enum(["trusted", "rejected"]) }),
      problems: ["not-found"],
      answer: z.strictObject({ thumbprint: z.string(), state: z.enum(["trusted", "rejected"]) }),
      handle: async ({ params: { channel, thumbprint }, body: { state }, caller }) => {
        channelIn(channel);
        const decided = await decideCertificate(configOf(), { channel, thumbprint }, state);
        if (!decided) throw notFound(`certificate ${thumbprint} of channel "${channel}"`);
        const { name: who, address } = caller;
        const detail = `${channel}: ${state}, ${thumbprint}, ${decided.subject}`;
        await access.note({ who, address, action: "certificate", outcome: "done", detail });
        return { thumbprint, state };
      },
    }),
  ];
}
