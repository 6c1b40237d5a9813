import { type Clock, type Log, Misconfigured, type UplinkStep } from "@headgate/model";
import { splitKeys } from "./config/check-shape.ts";
import type { Catalogue } from "./config/config.ts";
import { uplinkKeys } from "./config/key-levels.ts";
import { plainPlace } from "./config/plain-address.ts";

/** An uplink as it would stand in the configuration. */
export interface UplinkWish {
  readonly type: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Tries settings of an uplink before they are applied. */
export interface UplinkTester {
  /** Rejects with `Misconfigured` where the settings are not even right as they are written. */
  test(wish: UplinkWish, asked: TestAsked): Promise<readonly UplinkStep[]>;
}

interface TestAsked {
  readonly gatewayId: string;
  readonly signal: AbortSignal;
}

/** With the uplinks that a configuration may name. */
export function createUplinkTester(
  { uplinks }: Catalogue,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): UplinkTester {
  return {
    async test({ type, settings }, { gatewayId, signal }) {
      const uplink = Object.hasOwn(uplinks, type) ? await uplinks[type]?.() : undefined;
      if (!uplink) {
        const known = Object.keys(uplinks).join(", ");
        throw new Misconfigured(`there is no uplink of type ${type}; known are ${known}`);
      }
      if (!uplink.test) throw new Misconfigured(`an uplink of type ${type} cannot be tested`);
      const { own, rest } = splitKeys(settings, uplinkKeys);
      refuseUnasked(own, rest);
      const config = parsed(uplink.configSchema, rest);
      return await uplink.test(config, { gatewayId }, { clock, log, signal, directory: "" });
    },
  };
}

/** What is tried is sent, too: name and password first of all. */
function refuseUnasked(own: UplinkWish["settings"], { url }: UplinkWish["settings"]): void {
  const plain = plainPlace(url);
  if (plain === null || own.allowPlain === true) return;
  const todo = "write mqtts://, or set allowPlain where a VPN or a closed network protects it";
  throw new Misconfigured(`url: ${plain.place} would be spoken to unencrypted; ${todo}`);
}

function parsed(schema: { parse(given: unknown): unknown }, settings: unknown): unknown {
  try {
    return schema.parse(settings);
  } catch (cause) {
    const { issues } = cause as { issues?: readonly { path: unknown[]; message: string }[] };
    const [first] = issues ?? [];
    if (!first) throw cause;
    throw new Misconfigured(`${first.path.join(".")}: ${first.message}`, { cause });
  }
}
