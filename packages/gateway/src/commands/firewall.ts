import { spawn } from "node:child_process";
import { getServers } from "node:dns";
import { text } from "node:stream/consumers";
import { Misconfigured, systemClock } from "@headgate/model";
import { InvalidArgumentError } from "commander";
import type { GatewayConfig } from "../config/config.ts";
import { declaredPlaces } from "../firewall/declared-places.ts";
import { openNameAsker } from "../firewall/name-asker.ts";
import { resolvePlaces } from "../firewall/resolve-places.ts";
import { rulesetOf } from "../firewall/ruleset.ts";

/** Whose packets, and where the configuration is. */
export interface FirewallOptions {
  readonly path: string;
  readonly user: string;
}

/** Where a command writes. */
interface Output {
  write(text: string): unknown;
}

/** The rules that let the gateway's user reach what its configuration names; names are told. */
export async function firewallRules(
  config: GatewayConfig,
  { path, user }: FirewallOptions,
  told: Output,
): Promise<string> {
  const asker = openNameAsker();
  const declared = declaredPlaces(config);
  const places = await resolvePlaces(declared, asker.lookUp, systemClock).finally(asker.close);
  for (const { what, host, addresses } of places) {
    if (addresses === null) {
      told.write(`headgate: ${what}: ${JSON.stringify(host)} has no address now; run this again\n`);
    }
  }
  // "[fe80::1%eth0]:53" where it is another port or has a zone.
  const nameServers = getServers().map((one) => one.replace(/^\[|[%\]].*$/g, ""));
  return rulesetOf(places, { user, nameServers, source: path });
}

/** Hands rules to the kernel: all of them take the place of those before, or none does. */
export async function applyRules(rules: string): Promise<void> {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  const nft = spawn("nft", ["-f", "-"], {
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...process.env, PATH: path },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    nft.once("error", reject);
    nft.once("close", resolve);
  });
  // Whoever does not read to the end says why.
  nft.stdin.on("error", () => undefined);
  nft.stdin.end(rules);
  const [exitCode, said] = await Promise.all([
    ended.catch((cause: unknown) => {
      throw new Misconfigured("nft does not start; install nftables", { cause });
    }),
    text(nft.stderr),
  ]);
  if (exitCode === 0) return;
  const [first = `exit code ${exitCode}`] = said.trim().split("\n");
  throw new Misconfigured(`nft refuses the rules: ${first}; it takes root, and a user that exists`);
}

/** A user's name or number, for `meta skuid`. */
export function parseUser(given: string): string {
  if (/^(\d{1,10}|[a-z_][a-z0-9_-]{0,31})$/.test(given)) return given;
  throw new InvalidArgumentError("write a user's name or number.");
}
