import type { Context, Log } from "@headgate/model";
import type { WebConfig } from "./config/config.ts";
import { anonymousRole, isLoopback } from "./http/web-defaults.ts";
import type { GatewayView } from "./status.ts";
import { supervise } from "./supervise.ts";

/** Where the page is served: it may move while the gateway runs. */
export class WebPart {
  readonly #gateway: GatewayView;
  readonly #contextOf: (signal: AbortSignal) => Context;
  readonly #onUrl: (url: string | null) => void;
  #ending = new AbortController();
  #task: Promise<void> = Promise.resolve();

  constructor(
    gateway: GatewayView,
    contextOf: (signal: AbortSignal) => Context,
    onUrl: (url: string | null) => void,
  ) {
    this.#gateway = gateway;
    this.#contextOf = contextOf;
    this.#onUrl = onUrl;
  }

  /** Begins to serve, or ends where `web` is null; what was served before has ended then. */
  async serve(web: WebConfig | null): Promise<void> {
    this.#ending.abort();
    await this.#task;
    this.#onUrl(null);
    this.#ending = new AbortController();
    if (web === null) return;
    const onUrl = this.#onUrl;
    this.#task = serveSupervised(this.#gateway, web, {
      context: this.#contextOf(this.#ending.signal),
      onUrl,
    });
  }

  /** Resolves when nothing is served any more. */
  async ended(): Promise<void> {
    await this.#task;
  }
}

async function serveSupervised(
  gateway: GatewayView,
  web: WebConfig,
  { context, onUrl }: { context: Context; onUrl: (url: string) => void },
): Promise<void> {
  const attempt = async (onUp: () => void) => {
    // Loaded here: a gateway without a page has nothing of it in its memory.
    const { serveWeb } = await import("./http/server.ts");
    await serveWeb(gateway, web, {
      context,
      onUp: (url) => {
        onUrl(url);
        context.log.info(`the page is at ${url}`);
        onUp();
      },
    });
  };
  const onState = () => {};
  warnIfAnyoneLooks(web, context.log);
  await supervise({ name: `web ${web.host}:${web.port}`, attempt, onState }, context);
}

function warnIfAnyoneLooks(web: WebConfig, log: Log): void {
  if (isLoopback(web.host) || anonymousRole(web) === "none") return;
  const todo = "remove web.anonymous, or let a firewall stand in front";
  log.warn("whoever reaches the page may look without a login", { host: web.host, todo });
}
