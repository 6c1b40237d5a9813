import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { AuditAction } from "../../access/audit-log.ts";
import { readPartsList } from "../../parts-list.ts";
import type { Updates } from "../../update/updates.ts";
import { notFound } from "./api-problem.ts";
import { type Caller, type Route, type Rule, route, streamed } from "./route.ts";

/** Below what a request may have, in base64. */
const PIECE_CHARACTERS_MAX = 3_000_000;

export const updateSchema = z
  .strictObject({
    version: z.string(),
    previous: z.string().nullable().meta({ description: "Kept to go back to" }),
    signers: z.array(z.string()).meta({ description: "Whose updates are taken: names of keys" }),
    trial: z
      .strictObject({ leftMs: z.number(), missing: z.array(z.string()) })
      .nullable()
      .meta({ description: "The version that runs goes back by itself unless it proves itself" }),
    last: z
      .strictObject({
        kind: z.enum(["confirmed", "went-back", "taken-back"]),
        version: z.string(),
        why: z.string(),
        atMs: z.number(),
      })
      .nullable(),
    receivedBytes: z.int(),
    staged: z
      .strictObject({
        version: z.string(),
        signer: z.string(),
        notes: z.strictObject({ en: z.string(), zh: z.string() }),
        bytes: z.int(),
        files: z.int(),
      })
      .nullable()
      .meta({ description: "Sent here whole, proved, and not installed yet" }),
    installing: z.string().nullable().meta({ description: "Being unpacked; then it starts" }),
    problem: z.string().nullable().meta({ description: "Why that could not be done" }),
  })
  .nullable()
  .meta({ id: "Update", description: "Null where the launcher did not start this gateway" });

const CHANGE = {
  method: "POST",
  role: "admin",
  csrf: "token",
  rate: "work",
  problems: ["refused"],
} as const satisfies Partial<Rule>;

/** What the program is made of, and its updates. */
export function updateRoutes(desk: Updates | null, access: Access): readonly Route[] {
  return [
    route({
      method: "GET",
      role: "viewer",
      csrf: "none",
      rate: "bulk",
      path: "/api/parts",
      summary: "Every package that the program is made of: CycloneDX 1.6",
      problems: ["not-found"],
      answer: "application/vnd.cyclonedx+json",
      handle: async () => {
        const text = await readPartsList();
        if (text === null) throw notFound("list of parts in a tree that was not built");
        return streamed("application/vnd.cyclonedx+json; version=1.6", text);
      },
    }),
    route({
      method: "GET",
      role: "viewer",
      csrf: "none",
      rate: "bulk",
      path: "/api/update",
      summary: "Which version runs, which is kept, whether one is on trial",
      answer: updateSchema,
      handle: async () => (desk ? await desk.view() : null),
    }),
    ...(desk ? changeRoutes(desk, access) : []),
  ];
}

function changeRoutes(desk: Updates, access: Access): readonly Route[] {
  const note = async ({ name: who, address }: Caller, action: AuditAction, detail: string) =>
    await access.note({ who, address, action, outcome: "done", detail });
  return [
    route({
      ...CHANGE,
      method: "PUT",
      path: "/api/update/file",
      summary: "The next bytes of an update, from 0 on; with the last of them it is proved",
      body: z.strictObject({
        offset: z.int().min(0),
        size: z.int().min(1).meta({ description: "Of the whole file" }),
        bytes: z.base64().min(1).max(PIECE_CHARACTERS_MAX),
      }),
      answer: updateSchema,
      handle: async ({ body: { bytes, ...piece } }) =>
        await desk.take({ ...piece, bytes: Buffer.from(bytes, "base64") }),
    }),
    route({
      ...CHANGE,
      path: "/api/update/install",
      summary: "Begins to install what was proved; the gateway starts anew with it, on trial",
      body: z.strictObject({ version: z.string().max(30) }),
      answer: z.strictObject({ version: z.string() }),
      handle: async ({ body: { version }, caller }) => {
        await desk.install(version);
        await note(caller, "update.install", `version ${version}`);
        return { version };
      },
    }),
    route({
      ...CHANGE,
      path: "/api/update/roll-back",
      summary: "The version that is kept starts anew in the place of this one",
      answer: z.strictObject({ version: z.string() }),
      handle: async ({ caller }) => {
        const version = await desk.takeBack(caller.name);
        await note(caller, "update.roll-back", `version ${version}`);
        return { version };
      },
    }),
  ];
}
