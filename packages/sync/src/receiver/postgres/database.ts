import { Unreachable } from "@headgate/model";
import type { Pool, PoolClient, QueryResultRow } from "pg";
import { type PostgresAddress, postgresAddress } from "./address.ts";
import { readFault, storeFault } from "./store-fault.ts";

const CONNECT_MS_MAX = 10_000;
/** The server ends a statement, a wait for a lock, an idle transaction after this long. */
const STATEMENT_MS_MAX = 60_000;
const LOCK_MS_MAX = 10_000;
const IDLE_IN_TRANSACTION_MS_MAX = 15_000;
/** The client gives up: the server may be gone without a word. */
const ANSWER_MS_MAX = STATEMENT_MS_MAX + 15_000;
const CONNECTIONS_MAX = 4;
const INT8 = 20;

/** A server may be set to answer before a commit is on its disk; what is acknowledged must be. */
export const BEGIN_DURABLE = `begin; select set_config('synchronous_commit', 'on', true)
  where current_setting('synchronous_commit') = 'off'`;

/** Rows of one statement. */
export interface Rows<Row> {
  readonly rows: Row[];
  readonly rowCount: number | null;
}

/** Runs statements, one after the other. */
export interface Session {
  query<Row extends QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Rows<Row>>;
}

/** A session inside a transaction. */
export type Transaction = PoolClient;

/** What it is for. */
export interface DatabaseOptions {
  /** It changes nothing: its user needs fewer rights. */
  readonly isReader?: boolean;
}

/** Connections to one database; the store's schema is in front. */
export class Database implements Session {
  readonly address: PostgresAddress;
  readonly #pool: Pool;
  readonly #isReader: boolean;
  #isClosed = false;

  constructor(address: PostgresAddress, pool: Pool, { isReader = false }: DatabaseOptions = {}) {
    this.address = address;
    this.#isReader = isReader;
    this.#pool = pool;
    // The statement under way, or the next one, hears of a connection that breaks. Without these
    // listeners it would end the process.
    pool.on("error", () => {});
    pool.on("connect", (client) => client.on("error", () => {}));
  }

  async query<Row extends QueryResultRow>(
    text: string,
    values: readonly unknown[] = [],
  ): Promise<Rows<Row>> {
    try {
      return await this.#pool.query<Row>(text, [...values]);
    } catch (error) {
      throw this.fault(error, "use");
    }
  }

  /** Commits when `body` resolves; when it rejects, or the line breaks, nothing was done. */
  async transact<T>(body: (transaction: Transaction) => Promise<T>, begin = "begin"): Promise<T> {
    let client: PoolClient;
    try {
      client = await this.#pool.connect();
    } catch (error) {
      throw this.fault(error, "open");
    }
    let broken: Error | undefined;
    try {
      await client.query(begin);
      const result = await body(client);
      await client.query("commit");
      return result;
    } catch (error) {
      // A server that no longer answers would not answer this either: the line is cut.
      broken = isUnanswered(error) ? error : await rollBack(client);
      throw this.fault(error, "write");
    } finally {
      client.release(broken);
    }
  }

  /** What an error of a statement asks for, and where it came up. */
  fault(error: unknown, verb: "open" | "use" | "write" | "read"): unknown {
    if (this.#isClosed) return new Unreachable(`store ${this.address.shown}: closed`);
    const { shown, schema } = this.address;
    if (this.#isReader) return readFault(error, `read store ${shown}`, schema);
    return storeFault(error, `${verb} store ${shown}`);
  }

  /** Safe to call twice. Never rejects. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      await this.#pool.end();
    } catch {
      // Connections that broke need no goodbye.
    }
  }
}

/** The client gave up waiting; see `ANSWER_MS_MAX`. */
function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && error.message === "Query read timeout";
}

/** Undefined if the connection can be used again. */
async function rollBack(client: PoolClient): Promise<Error | undefined> {
  try {
    await client.query("rollback");
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** Gets ready to connect; the client is loaded here and not before. */
export async function createDatabase(url: string, options?: DatabaseOptions): Promise<Database> {
  const address = postgresAddress(url);
  const { default: pg } = await import("pg");
  const pool = new pg.Pool({
    connectionString: address.connectionString,
    max: CONNECTIONS_MAX,
    connectionTimeoutMillis: CONNECT_MS_MAX,
    statement_timeout: STATEMENT_MS_MAX,
    lock_timeout: LOCK_MS_MAX,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS_MAX,
    query_timeout: ANSWER_MS_MAX,
    keepAlive: true,
    application_name: "headgate receiver",
    options: `-c search_path=${address.schema} -c timezone=UTC`,
    types: {
      // Refs, counts and times are far below 2^53; what is not is asked for as text.
      getTypeParser: ((oid: number, format: "text" | "binary") =>
        oid === INT8 ? Number : pg.types.getTypeParser(oid, format as "text")) as never,
    },
  });
  return new Database(address, pool, options);
}
