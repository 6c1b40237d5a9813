import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { FoundPlace } from "./resolve-places.ts";

/** Whom the rules are for, and what else they name. */
export interface RulesetOptions {
  /** A user's name or number. */
  readonly user: string;
  /** Of the machine; needed where there are names. */
  readonly nameServers: readonly string[];
  /** The configuration's file, for people. */
  readonly source: string;
}

const TABLE = "inet headgate";
const FAMILIES = [4, 6] as const;
type Family = (typeof FAMILIES)[number];

/**
 * Rules for `nft -f`: they take the place of those before at once, or not at all. Packets of this
 * user go where the configuration says, and back to whoever asked; all others are refused, logged
 * and counted. Other users' are left alone. Where a name is now is in a set of its own, which a
 * later run without an answer leaves as it was.
 */
export function rulesetOf(places: readonly FoundPlace[], options: RulesetOptions): string {
  const { user, nameServers, source } = options;
  const names = new Map(
    places.flatMap(({ host, addresses }) => (isIP(host) === 0 ? [[host, addresses] as const] : [])),
  );
  const sets = [...names.keys()].flatMap((name) =>
    FAMILIES.map((family) => `  set ${setOf(name, family)} { type ipv${family}_addr; }`),
  );
  const servers = names.size === 0 ? [] : nameServers.flatMap(nameServerRules);
  return `# What the user ${user} may reach: what ${JSON.stringify(source)} names, and no more.
table ${TABLE} {
  counter undeclared { }
${sets.map((line) => `${line}\n`).join("")}  chain elsewhere { }
}
flush table ${TABLE}
table ${TABLE} {
  chain output {
    type filter hook output priority filter; policy accept;
    meta skuid ${user} jump elsewhere
  }
  chain elsewhere {
    oifname "lo" accept
    # answers to whoever opened the connection: page, proxy
    ct direction reply accept
${[...servers, ...places.flatMap(placeRules)].map((line) => `    ${line}\n`).join("")}\
    limit rate 6/minute burst 10 packets log prefix "headgate undeclared: " flags skuid
    counter name undeclared
    reject with icmpx type admin-prohibited
  }
}
${[...names].flatMap(([name, addresses]) => setLines(name, addresses)).join("")}`;
}

function placeRules({ what, host, port }: FoundPlace): readonly string[] {
  const about = `# ${what}: ${JSON.stringify(host)} port ${port}`;
  const to = `tcp dport ${port} accept`;
  if (isIP(host) !== 0) return [about, `${daddr(host)} ${to}`];
  return [
    about,
    ...FAMILIES.map(
      (family) => `${family === 4 ? "ip" : "ip6"} daddr @${setOf(host, family)} ${to}`,
    ),
  ];
}

function nameServerRules(address: string): readonly string[] {
  if (isIP(address) === 0) return [];
  return [
    `# name server ${address}`,
    `${daddr(address)} meta l4proto { tcp, udp } th dport 53 accept`,
  ];
}

function setLines(name: string, addresses: readonly string[] | null): readonly string[] {
  if (addresses === null) return [`# ${JSON.stringify(name)}: not known now; as it was before\n`];
  return FAMILIES.flatMap((family) => {
    const own = addresses.filter((address) => isIP(address) === family);
    const set = `${TABLE} ${setOf(name, family)}`;
    const added = own.length === 0 ? "" : `add element ${set} { ${own.join(", ")} }\n`;
    return [`flush set ${set}\n`, added];
  });
}

const daddr = (address: string) => `${isIP(address) === 4 ? "ip" : "ip6"} daddr ${address}`;

/** Of a name that may hold anything. */
function setOf(name: string, family: Family): string {
  return `v${family}_${createHash("sha256").update(name).digest("hex").slice(0, 16)}`;
}
