import { join } from "node:path";
import { type Clock, Misconfigured, type SeenCertificate } from "@headgate/model";
import type { ChannelConfig, GatewayConfig } from "../config/config.ts";
import { nearest } from "../config/nearest.ts";
import { formatTable } from "./format-table.ts";

const EXPIRING_MS = 30 * 86_400_000;

/** A certificate of one channel, with what a person should know of its dates. */
export interface ListedCertificate extends SeenCertificate {
  readonly channel: string;
  readonly dates: "valid" | "expiring" | "expired" | "not yet valid";
}

/** `headgate certificates list`: of the channels named, or of all that know certificates. */
export async function listCertificates(
  config: GatewayConfig,
  names: readonly string[],
  clock: Clock,
): Promise<readonly ListedCertificate[]> {
  const listed: ListedCertificate[] = [];
  for (const channel of channelsOf(config, names)) {
    const seen = await channel.driver.certificates?.list(folderOf(config, channel));
    for (const certificate of seen ?? []) {
      const dates = datesOf(certificate, clock.nowMs());
      listed.push({ channel: channel.id, dates, ...certificate });
    }
  }
  return listed;
}

/** `headgate certificates trust` and `reject`: what became of it, or null if it is not known. */
export async function decideCertificate(
  config: GatewayConfig,
  { channel: name, thumbprint }: { readonly channel: string; readonly thumbprint: string },
  state: "trusted" | "rejected",
): Promise<SeenCertificate | null> {
  const [channel] = channelsOf(config, [name]);
  if (!channel?.driver.certificates) {
    throw new Misconfigured(`channel "${name}" knows no certificates`);
  }
  return await channel.driver.certificates.decide(folderOf(config, channel), thumbprint, state);
}

/** For people. */
export function formatCertificates(listed: readonly ListedCertificate[]): string {
  const rows = listed.map(({ channel, state, dates, validToMs, thumbprint, subject }) => {
    const day = new Date(validToMs).toISOString().slice(0, 10);
    return [channel, state, `${dates} (to ${day})`, thumbprint, subject];
  });
  return formatTable([["channel", "state", "dates", "thumbprint", "subject"], ...rows]);
}

function datesOf({ validFromMs, validToMs }: SeenCertificate, nowMs: number) {
  if (nowMs > validToMs) return "expired";
  if (nowMs < validFromMs) return "not yet valid";
  return validToMs - nowMs < EXPIRING_MS ? "expiring" : "valid";
}

function channelsOf({ channels }: GatewayConfig, names: readonly string[]): ChannelConfig[] {
  const known = channels.map(({ id }) => id);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    const near = nearest(unknown, known);
    throw new Misconfigured(`no channel "${unknown}"${near ? `; did you mean "${near}"?` : ""}`);
  }
  return channels.filter(({ id }) => names.length === 0 || names.includes(id));
}

/** The folder that the running gateway lends the channel. */
function folderOf({ buffer }: GatewayConfig, { id }: ChannelConfig): string {
  return join(buffer.path, "channels", id);
}
