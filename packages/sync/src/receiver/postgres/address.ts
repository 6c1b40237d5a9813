import { Misconfigured } from "@headgate/model";

const SCHEMA_NAME = /^[a-z_][a-z0-9_]{0,62}$/;
const DEFAULT_SCHEMA = "headgate";

/** Where a store is: a database, and the schema in it that holds the store's tables. */
export interface PostgresAddress {
  /** What the client connects with; without our own parameter. */
  readonly connectionString: string;
  readonly schema: string;
  /** Host and database, without user and password. */
  readonly shown: string;
}

/** Whether a store's name is a PostgreSQL address and no file. */
export function isPostgresUrl(store: string): boolean {
  return /^postgres(ql)?:\/\//.test(store);
}

/** Reads `postgres://user@host:port/database?schema=headgate`. */
export function postgresAddress(url: string): PostgresAddress {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    // The address may hold a password: it is not repeated.
    throw new Misconfigured("store: not a PostgreSQL address; write postgres://user@host/database");
  }
  const schema = parsed.searchParams.get("schema") ?? DEFAULT_SCHEMA;
  if (!SCHEMA_NAME.test(schema)) {
    throw new Misconfigured(`store schema "${schema}": lower case letters, digits and _ only`);
  }
  parsed.searchParams.delete("schema");
  // A socket's folder stands in `host`, as libpq has it.
  const host = parsed.host || parsed.searchParams.get("host") || "localhost";
  const database = parsed.pathname.slice(1) || "(default database)";
  const own = schema === DEFAULT_SCHEMA ? "" : `, schema ${schema}`;
  return { connectionString: parsed.href, schema, shown: `${host}/${database}${own}` };
}
