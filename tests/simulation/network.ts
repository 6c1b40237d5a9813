import { Broker, type Client } from "./broker.ts";
import type { Connection } from "./wire.ts";
import type { World } from "./world-parts.ts";

/** Who is on which end of the broker. */
export type Side = "gateway" | "receiver";

/** How the network answers who wants to connect. */
export type Answer =
  | { readonly kind: "welcome" | "silent"; readonly afterMs: number }
  | { readonly kind: "refused"; readonly afterMs: number; readonly error: Error };

/** CONNACK codes that say "later", and one that asks for a person. */
const LATER = [136, 137, 151, 159];
const WHO_ARE_YOU = 135;

/** The lines from both sides to the broker. */
export class Network {
  readonly world: World;
  readonly broker: Broker;
  readonly limits: { readonly receiveMaximum: number; readonly maximumPacketSize: number };
  readonly #down = new Set<Side>();
  readonly #connections = new Map<Connection, Side>();

  constructor(world: World, limits: Network["limits"]) {
    this.world = world;
    this.limits = limits;
    this.broker = new Broker(world);
  }

  isDown(side: Side): boolean {
    return this.#down.has(side);
  }

  /** Cuts or mends all lines of one side; half of the times nobody is told. */
  set(side: Side, isDown: boolean): void {
    if (isDown === this.#down.has(side)) return;
    this.world.history.note(`the network of the ${side} ${isDown ? "fails" : "is back"}`);
    if (!isDown) {
      this.#down.delete(side);
      return;
    }
    this.#down.add(side);
    const isSilent = this.world.rng.chance(0.5);
    for (const [connection, of] of this.#connections) {
      if (of !== side) continue;
      if (isSilent) connection.halve();
      else connection.close();
    }
    this.#forget(side);
  }

  answerTo(side: Side): Answer {
    const { rng, sky } = this.world;
    const afterMs = rng.between(5, 300);
    if (this.#down.has(side) && rng.chance(0.3)) return { kind: "silent", afterMs };
    if (this.#down.has(side) || !this.broker.isUp) {
      return { kind: "refused", afterMs, error: failure("ECONNREFUSED") };
    }
    if (!rng.chance(sky.weather.connectRefused)) return { kind: "welcome", afterMs };
    const isParked = rng.chance(0.05);
    const code = isParked ? WHO_ARE_YOU : (LATER[rng.between(0, LATER.length - 1)] as number);
    return { kind: "refused", afterMs, error: failure(code) };
  }

  accept(side: Side, connection: Connection, client: Client): void {
    this.#connections.set(connection, side);
    this.broker.accept(connection, client);
  }

  /** A message passes: now and then the line does not survive it. */
  wear(connection: Connection): void {
    const { rng, sky, history } = this.world;
    if (rng.chance(sky.weather.connectionCut)) {
      history.note("a connection is cut");
      connection.close();
    } else if (rng.chance(sky.weather.connectionHalved)) {
      history.note("a connection lets nothing pass any more");
      connection.halve();
    }
  }

  trace(side: Side, text: string): void {
    this.world.history.trace(`the ${side} ${text}`);
  }

  #forget(side: Side): void {
    for (const [connection, of] of this.#connections) {
      if (of === side) this.#connections.delete(connection);
    }
  }
}

function failure(code: string | number): Error {
  return Object.assign(new Error(`connect: ${code}`), { code });
}
