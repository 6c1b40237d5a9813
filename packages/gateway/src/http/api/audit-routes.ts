import { z } from "zod";
import { type Access, accessFiles } from "../../access/access.ts";
import { auditEntrySchema, readAudit, verifyAudit } from "../../access/audit-log.ts";
import type { OwnCertificate } from "../../access/own-certificate.ts";
import { type Route, type Rule, route, streamed } from "./route.ts";

const ENTRIES_MAX = 500;

const verdictSchema = z
  .strictObject({
    entryCount: z.int(),
    firstSeq: z.int(),
    lastSeq: z.int(),
    lastHash: z.string().meta({ description: "To be written down elsewhere, and compared" }),
    broken: z
      .string()
      .nullable()
      .meta({ description: "Where the chain is broken; null: it holds" }),
  })
  .meta({ id: "AuditVerdict" });

export const certificateSchema = z
  .strictObject({
    fingerprint: z.string().meta({ description: "SHA-256 of the authority" }),
    names: z.array(z.string()),
    expiresMs: z.number(),
  })
  .nullable()
  .meta({ id: "Certificate" });

const LOOK = {
  method: "GET",
  role: "admin",
  csrf: "none",
  rate: "bulk",
} as const satisfies Partial<Rule>;

/** Who did what. There is no route that takes anything away. */
export function auditRoutes({ folder }: Access): readonly Route[] {
  const { audit } = accessFiles(folder);
  return [
    route({
      ...LOOK,
      path: "/api/audit",
      summary: "Who did what, newest first",
      query: z.strictObject({
        limit: z.coerce.number().int().min(1).max(ENTRIES_MAX).default(100),
        before: z.coerce
          .number()
          .int()
          .min(1)
          .optional()
          .meta({ description: "Only below this seq" }),
      }),
      answer: z.array(auditEntrySchema),
      handle: async ({ query }) => await readAudit(audit, query),
    }),
    route({
      ...LOOK,
      rate: "work",
      path: "/api/audit/verdict",
      summary: "Whether anybody changed the log of who did what",
      answer: verdictSchema,
      handle: async () => await verifyAudit(audit),
    }),
  ];
}

/** What one must trust to trust this box. */
export function certificateRoutes(certificate: () => OwnCertificate | null): readonly Route[] {
  return [
    route({
      method: "GET",
      role: "anyone",
      csrf: "none",
      rate: "read",
      path: "/api/certificate",
      summary:
        "The box's own authority, and which names its certificate is for; null over plain HTTP",
      answer: certificateSchema,
      handle: async () => {
        const own = certificate();
        return own && { fingerprint: own.fingerprint, names: own.names, expiresMs: own.expiresMs };
      },
    }),
    route({
      method: "GET",
      role: "anyone",
      csrf: "none",
      rate: "read",
      path: "/api/certificate/authority.pem",
      summary: "The box's own authority, to be trusted by a browser or a program",
      answer: "application/x-pem-file",
      handle: async () => streamed("application/x-pem-file", certificate()?.authority ?? ""),
    }),
  ];
}
