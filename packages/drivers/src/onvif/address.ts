import type { Point } from "@headgate/model";
import { z } from "zod";

/** What can be asked of a camera's own data. */
export const DEVICE_FACTS = [
  "manufacturer",
  "model",
  "firmware",
  "serial",
  "hardware",
  "clock-offset",
] as const;

export type DeviceFact = (typeof DEVICE_FACTS)[number];

/** Where in a camera a point is. */
export type Address =
  | { readonly kind: "device"; readonly fact: DeviceFact }
  /** `profile` is "main", "sub" or a profile's token. */
  | { readonly kind: "snapshot"; readonly profile: string }
  | EventAddress;

/** Events of one topic, of all its sources or of one (a token, such as the input's number). */
export interface EventAddress {
  readonly kind: "event";
  /** "motion", "digital-input", or a part of a topic without prefixes: "Device/Trigger/Relay". */
  readonly topic: string;
  readonly source: string | undefined;
}

/** A point that is fed by events. */
export interface EventPoint extends Point<Address> {
  readonly address: EventAddress;
}

/** Narrows to points fed by events. */
export function isEventPoint(point: Point<Address>): point is EventPoint {
  return point.address.kind === "event";
}

/** A point's settings, made into an address. */
export const addressSchema = z
  .strictObject({
    address: z.string().min(1),
    type: z.enum(["bool", "string", "number"]).optional(),
  })
  .transform(({ address }, context): Address => {
    const parsed = parseAddress(address);
    if (typeof parsed !== "string") return parsed;
    context.addIssue({ code: "custom", message: parsed, path: ["address"] });
    return z.NEVER;
  });

/** The address that a text means, or what is wrong with it. */
export function parseAddress(text: string): Address | string {
  const colon = text.indexOf(":");
  const kind = colon < 0 ? text : text.slice(0, colon);
  const rest = colon < 0 ? "" : text.slice(colon + 1).trim();
  switch (kind) {
    case "device": {
      const fact = DEVICE_FACTS.find((known) => known === rest);
      return fact ? { kind, fact } : `write device: with one of ${DEVICE_FACTS.join(", ")}`;
    }
    case "snapshot":
      return rest ? { kind, profile: rest } : "write snapshot: with main, sub or a profile token";
    case "event":
      return parseEvent(rest) ?? "write event: with motion, digital-input or a topic";
    default:
      return "write event:…, snapshot:… or device:…";
  }
}

/** "tns1:Device/Trigger/Relay:out1" is topic "Device/Trigger/Relay" of source "out1". */
function parseEvent(text: string): EventAddress | undefined {
  // By custom the prefixes of topics begin with tns; that tells them from a topic with a source.
  const plain = text.replace(/(^|\/)tns\w*:/g, "$1");
  const [, topic, source] = /^([^:]+)(?::(.+))?$/.exec(plain) ?? [];
  return topic ? { kind: "event", topic, source } : undefined;
}

/** A topic without the name-space prefixes, which each camera chooses: "RuleEngine/Motion". */
export function withoutPrefixes(topic: string): string {
  return topic
    .split("/")
    .map((step) => step.slice(step.indexOf(":") + 1).trim())
    .join("/");
}
