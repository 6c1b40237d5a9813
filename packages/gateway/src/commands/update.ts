import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { Misconfigured, Refused, silentLog, systemClock } from "@headgate/model";
import { BUFFER_SCHEMA } from "@headgate/sync/buffer";
import { replaceFile } from "../access/durable-file.ts";
import type { GatewayConfig } from "../config/config.ts";
import type { GatewayStatus } from "../status.ts";
import { goalOf } from "../update/gate.ts";
import { isVersion, type Manifest } from "../update/manifest.ts";
import { packUpdate } from "../update/pack-update.ts";
import { headFor, install, keysIn, LAUNCHER, takeBack } from "../update/releases.ts";
import { readState } from "../update/state-file.ts";
import { publicKeyOf } from "../update/trusted-keys.ts";
import { proveUpdate, readHead, type UpdateHead } from "../update/update-file.ts";
import { ExitCode } from "./exit-code.ts";
import { findRunning } from "./find-running.ts";

interface Told {
  readonly text: string;
  readonly exitCode: number;
}

const told = (...lines: string[]): Told => {
  return { text: `${lines.join("\n")}\n`, exitCode: ExitCode.ok };
};

/** `headgate update key` */
export async function makeKey(name: string): Promise<Told> {
  const [secret, open] = [`${name}.key`, `${name}.pem`];
  for (const path of [secret, open]) {
    if (existsSync(path)) throw new Refused(`"${path}" is there already`);
  }
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  await writeFile(secret, pem, { mode: 0o600, flag: "wx" });
  await writeFile(open, publicKey.export({ type: "spki", format: "pem" }), { flag: "wx" });
  return told(
    `${secret}: signs updates; whoever has it can put anything on your gateways. Keep it off them`,
    `${open}: goes to gateways, as --trust of the first install`,
  );
}

interface PackOptions {
  readonly key: string;
  readonly out: string;
  readonly notes: Manifest["notes"];
}

/** `headgate update pack` */
export async function makeUpdate(folder: string, given: PackOptions): Promise<Told> {
  const { version, engines } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
    version: string;
    engines: { node: string };
  };
  if (!isVersion(version)) throw new Misconfigured(`"${version}" in ${folder} is no 1.2.3`);
  const node = engines.node.replace(/^>=/, "");
  const about = { version, node, bufferSchema: BUFFER_SCHEMA, notes: given.notes };
  const key = createPrivateKey(await readFile(given.key, "utf8"));
  const { files, payload } = await packUpdate(folder, { about, key, out: given.out });
  return told(
    `${given.out}: version ${version}, ${files.length} files, ${payload.bytes} bytes packed`,
  );
}

/** `headgate update show` */
export async function showUpdate(
  path: string,
  { folder, trust }: { folder: string | null; trust: string | undefined },
): Promise<Told> {
  const head = trust === undefined ? await headFor(folder ?? "", path) : await trusted(path, trust);
  await proveUpdate(head);
  const { version, node, files, notes, bufferSchema } = head.manifest;
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return told(
    `version ${version}, signed by ${head.signer}: every byte is what was signed`,
    `${files.length} files, ${bytes} bytes; Node ${node} or newer; buffer schema ${bufferSchema}`,
    ...[notes.en, notes.zh].filter((text) => text !== ""),
  );
}

async function trusted(path: string, trust: string): Promise<UpdateHead> {
  const key = publicKeyOf(await readFile(trust, "utf8"), trust);
  return await readHead(path, [{ name: basename(trust, ".pem"), key }]);
}

interface InstallOptions {
  readonly folder: string;
  readonly trust: string | undefined;
  readonly config: GatewayConfig | null;
}

/** `headgate update install` */
export async function installUpdate(
  path: string,
  { folder, trust, config }: InstallOptions,
  signal: AbortSignal,
): Promise<Told> {
  if (trust !== undefined) {
    await trusted(path, trust);
    await mkdir(keysIn(folder), { recursive: true });
    const kept = join(keysIn(folder), basename(trust));
    await replaceFile(kept, await readFile(trust, "utf8"));
    // Whoever runs the gateway reads it, and need not own it.
    await chmod(kept, 0o644);
  }
  const head = await headFor(folder, path);
  const state = await install(folder, head, await goalFrom(config, signal));
  const { current, previous } = state;
  const lines = [`version ${current} is installed in ${folder}, signed by ${head.signer}`];
  if (previous === null) lines.push(`start it: node ${join(folder, LAUNCHER)} run -c FILE`);
  else lines.push(`it starts with the next start, on trial: it goes back to ${previous} by itself`);
  return told(...lines);
}

/** What the gateway that runs has reached; null where none does. */
async function goalFrom(config: GatewayConfig | null, signal: AbortSignal) {
  if (config === null) return null;
  const context = { clock: systemClock, log: silentLog, signal, directory: config.buffer.path };
  const running = await findRunning(config, context);
  return running && goalOf(await running.ask<GatewayStatus>("/api/status", {}, signal));
}

/** `headgate update status` */
export async function showState(folder: string): Promise<Told> {
  const state = await readState(folder);
  if (state === null) throw new Misconfigured(`versions.json in "${folder}" is damaged`);
  const { current, previous, trial, last } = state;
  return told(
    `version ${current}${trial ? `, on trial, started ${trial.startCount} times` : ""}`,
    previous === null ? "no version is kept to go back to" : `version ${previous} is kept`,
    ...(last ? [`last: ${last.kind} ${last.version} ${last.why}`.trimEnd()] : []),
  );
}

/** `headgate update roll-back` */
export async function goBack(folder: string): Promise<Told> {
  const previous = await takeBack(folder, "the command line", systemClock.nowMs());
  return told(`version ${previous} starts with the next start`);
}
