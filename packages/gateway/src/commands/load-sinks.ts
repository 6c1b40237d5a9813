import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { describeError, Misconfigured } from "@headgate/model";
import { natsSink, type Sink, webhookSink } from "@headgate/sync/receiver";
import { parse } from "yaml";
import { z } from "zod";
import { refusePlain } from "../config/plain-address.ts";
import { readSecret } from "./read-secret.ts";

const natsShape = z.strictObject({
  type: z.literal("nats"),
  servers: z.array(z.string().min(1)).min(1),
  stream: z.string().min(1),
  subject: z.string().min(1).optional(),
  username: z.string().optional(),
  passwordFile: z.string().optional(),
  tokenFile: z.string().optional(),
  credentialsFile: z.string().optional(),
  caFile: z.string().optional(),
  /** With TLS; so it is where `caFile` is given. */
  tls: z.boolean().optional(),
  allowPlain: z.boolean().optional(),
});
const webhookShape = z.strictObject({
  type: z.literal("webhook"),
  url: z.url({ protocol: /^https?$/ }),
  secretFile: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  format: z.enum(["ndjson", "json"]).optional(),
  linesMax: z.int().min(1).max(10_000).optional(),
  allowPlain: z.boolean().optional(),
});
const NAME = /^[\p{L}\p{N}._-]{1,64}$/u;
const fileShape = z.strictObject({
  sinks: z.record(
    z.string().regex(NAME, "a name is letters, digits, . _ -"),
    z.discriminatedUnion("type", [natsShape, webhookShape]),
  ),
});

type SecretOf = (file: string | undefined) => Promise<string | undefined>;

/** The sinks of a YAML file; files it names are looked for beside it. */
export async function loadSinks(path: string): Promise<Sink[]> {
  const checked = fileShape.safeParse(await readYaml(path));
  if (!checked.success) {
    throw new Misconfigured(`sinks "${path}":\n${z.prettifyError(checked.error)}`);
  }
  const { sinks } = checked.data;
  const secretOf: SecretOf = async (file) =>
    file === undefined ? undefined : readSecret(resolve(dirname(path), file));
  return Promise.all(
    Object.entries(sinks).map(([name, settings]) =>
      settings.type === "nats"
        ? natsOf(name, settings, secretOf)
        : webhookOf(name, settings, secretOf),
    ),
  );
}

async function readYaml(path: string): Promise<unknown> {
  try {
    return parse(await readFile(path, "utf8"));
  } catch (cause) {
    throw new Misconfigured(`read sinks "${path}": ${describeError(cause)}`, { cause });
  }
}

async function natsOf(
  name: string,
  settings: z.infer<typeof natsShape>,
  secretOf: SecretOf,
): Promise<Sink> {
  const { servers, stream, subject, username, allowPlain } = settings;
  const isTls = settings.tls ?? settings.caFile !== undefined;
  for (const one of isTls ? [] : servers) {
    refusePlain(`sink "${name}"`, one.includes("://") ? one : `nats://${one}`, allowPlain);
  }
  const secrets = {
    password: await secretOf(settings.passwordFile),
    token: await secretOf(settings.tokenFile),
    credentials: await secretOf(settings.credentialsFile),
    ca: await secretOf(settings.caFile),
  };
  return natsSink({ name, servers, stream, isTls, ...given({ subject, username, ...secrets }) });
}

async function webhookOf(
  name: string,
  settings: z.infer<typeof webhookShape>,
  secretOf: SecretOf,
): Promise<Sink> {
  const { url, headers, format, linesMax, allowPlain } = settings;
  refusePlain(`sink "${name}"`, url, allowPlain);
  const secret = await secretOf(settings.secretFile);
  return webhookSink({ name, url, ...given({ secret, headers, format, linesMax }) });
}

/** Without what is not given. */
function given<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
