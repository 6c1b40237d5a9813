import { readFile } from "node:fs/promises";
import { Misconfigured } from "@headgate/model";
import type { BrokerAccess } from "@headgate/sync/receiver";
import { type Command, InvalidArgumentError } from "commander";
import { refusePlain } from "../config/plain-address.ts";
import { readSecret } from "./read-secret.ts";

/** As the command line gives them. */
export interface BrokerOptions {
  readonly username?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly allowPlain?: boolean;
}

/** Where the broker is, and what opens it. */
export function addBrokerOptions(command: Command): Command {
  return command
    .option("--url <url>", "mqtts://host:port of the broker", brokerUrl)
    .option("--allow-plain", "mqtt:// and http:// to other machines: a VPN protects what is sent")
    .option("--username <name>", "for the broker")
    .option("--password-file <file>", "file that holds the broker's password")
    .option("--ca <file>", "PEM of the authority that signed the broker's certificate")
    .option("--cert <file>", "PEM of our own certificate, for a broker that asks for one")
    .option("--key <file>", "PEM of the key of our own certificate");
}

/** Reads the files that the options name. */
export async function readBrokerAccess(
  url: string,
  { username, passwordFile, ca, cert, key, allowPlain }: BrokerOptions,
): Promise<BrokerAccess> {
  if ((cert === undefined) !== (key === undefined)) {
    throw new Misconfigured("--cert and --key: a certificate and its key go together");
  }
  if ((ca ?? cert) !== undefined && !/^(mqtts|wss):/.test(url)) {
    throw new Misconfigured(`--ca, --cert: "${url}" has no TLS; write mqtts:// or wss://`);
  }
  refusePlain("--url", url, allowPlain);
  const given = {
    username,
    password: passwordFile === undefined ? undefined : await readSecret(passwordFile),
    ca: await readPem("--ca", ca),
    cert: await readPem("--cert", cert),
    key: await readPem("--key", key),
  };
  const named = Object.entries(given).filter(([, value]) => value !== undefined);
  return { url, ...Object.fromEntries(named) };
}

async function readPem(option: string, path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Misconfigured(`${option} "${path}": ${code}; check path and rights`, { cause });
  }
  if (text.includes("-----BEGIN ")) return text;
  throw new Misconfigured(`${option} "${path}": no PEM; it has no line "-----BEGIN …"`);
}

function brokerUrl(text: string): string {
  if (/^(mqtts?|wss?):\/\/[^/\s]+/.test(text)) return text;
  throw new InvalidArgumentError('write "mqtt://host:1883" or "mqtts://…"');
}
