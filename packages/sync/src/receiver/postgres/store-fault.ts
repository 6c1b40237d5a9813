import { Misconfigured, Unreachable } from "@headgate/model";

const NETWORK = /^(E[A-Z]{3,}|ERR_)/;
/** By SQLSTATE, or the two characters that name its class: what to do. */
const PATIENCE: readonly [string, string][] = [
  ["08", "the connection was lost"],
  ["25P03", "the transaction was left open for too long"],
  ["53100", "the server's disk is full; free some space"],
  ["53200", "the server is out of memory"],
  ["53300", "the server has too many connections; raise max_connections or use fewer receivers"],
  ["55P03", "a lock was not to be had; another session holds it"],
  ["57014", "a statement took too long; look for locks and a slow disk"],
  ["57P", "the server is starting or stopping"],
  ["58", "the server's disk fails; check it"],
  ["25006", "the server is read-only; name its primary"],
  ["40", "other transactions were in the way"],
];
const NO_RIGHTS = "42501";
const PERSON: readonly [string, string][] = [
  ["28", "user or password is wrong, or pg_hba.conf does not let them in"],
  ["3D000", "there is no such database; create it, or correct the address"],
  [NO_RIGHTS, "this user may not; let it create a schema, or make it the owner of this one"],
  ["XX001", "the database is damaged; see the server's log"],
  ["XX002", "an index is damaged; see the server's log"],
];
/** Texts of the client, which gives no code for a line that broke. */
const LOST = /terminated|timeout|Connection ended|not queryable|ECONN|closed/i;

/** SQLSTATE classes of values that do not fit, of broken constraints and of limits; Node's own. */
const OF_CONTENTS = /^(22|23|54)...$|^ERR_/;

/** Whether it is what was to be written that is wrong, and neither the server nor the line. */
export function isOfContents(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return code === "" || OF_CONTENTS.test(code);
}

/** The same for who only looks at what is in `schema`. */
export function readFault(error: unknown, what: string, schema: string): unknown {
  if (!(error instanceof Error && "code" in error && error.code === NO_RIGHTS)) {
    return storeFault(error, what);
  }
  const todo = `grant it usage on schema ${schema} and select on all tables in it`;
  return new Misconfigured(`${what}: this user may not look; ${todo}`, { cause: error });
}

/** What the server's or the client's error asks for; any other error comes back as it is. */
export function storeFault(error: unknown, what: string): unknown {
  if (error instanceof Unreachable || error instanceof Misconfigured) return error;
  if (!(error instanceof Error)) return error;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  const person = PERSON.find(([start]) => code.startsWith(start));
  if (person) return new Misconfigured(`${what}: ${person[1]}`, { cause: error });
  const isSqlState = /^[0-9A-Z]{5}$/.test(code) && !NETWORK.test(code);
  const patience = isSqlState ? PATIENCE.find(([start]) => code.startsWith(start)) : undefined;
  if (patience) return new Unreachable(`${what}: ${patience[1]}`, { cause: error });
  if (NETWORK.test(code) || (code === "" && LOST.test(error.message))) {
    const todo = "check address, network and server";
    return new Unreachable(`${what}: ${error.message || code}; ${todo}`, { cause: error });
  }
  return error;
}
