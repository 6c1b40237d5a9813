import type { DeviceIdentity } from "@headgate/model";
import type { Verdict } from "./rank.ts";

/** Somebody who was found, and what is known of it. */
export interface FoundDevice {
  /** What to write for its channel: `{ driver: modbus-rtu, path: …, baudRate: 9600 }`. */
  readonly channel: Readonly<Record<string, unknown>>;
  /** What to write for the device, without profile and points: `{ unitId: 3 }`. */
  readonly device: Readonly<Record<string, number | string>>;
  /** Where it is, for people: "/dev/ttyUSB0 9600 8N1 unit 3". */
  readonly where: string;
  /** More than one device answers, or nothing whole: what to do about it. */
  readonly trouble: "conflict" | "garbled" | null;
  /** What came at first: "illegal data address (exception 2)". */
  readonly said: string;
  readonly answerMs: number | null;
  readonly identity: DeviceIdentity | null;
  readonly verdict: Verdict;
  /** Profiles that fit, best first; several where they cannot be told apart. */
  readonly proposals: readonly Proposal[];
}

/** A profile that fits, with what it reads right now. */
export interface Proposal {
  readonly profile: string;
  readonly variant: string | null;
  /** For people. */
  readonly variantName: { readonly en: string; readonly zh: string } | null;
  readonly name: { readonly en: string; readonly zh: string };
  readonly models: readonly string[];
  /** 0 to 99. */
  readonly score: number;
  /** A few that a person can compare with the device's display. */
  readonly values: readonly LiveValue[];
  /** Points of the profile that the device itself says it does not have. */
  readonly absent: readonly string[];
}

export interface LiveValue {
  readonly point: string;
  readonly meaning: string;
  readonly value: number | string;
  readonly unit: string;
}

/** What a search tells as it goes. */
export type FindEvent =
  | { readonly kind: "plan"; readonly lookCount: number; readonly estimateMs: number }
  | FindProgress
  /** Somebody is there; told again once more is known of it. */
  | { readonly kind: "found"; readonly found: FoundDevice }
  /** A word for people about a line as a whole. */
  | { readonly kind: "note"; readonly text: string };

export interface FindProgress {
  readonly kind: "progress";
  /** "look" for devices, or "read" what they are. */
  readonly doing: "look" | "read";
  /** Where: "9600 8N1", "192.168.1.10:502". */
  readonly line: string;
  readonly unitId: number | null;
  readonly doneCount: number;
  readonly lookCount: number;
  /** About; devices that are found take more. */
  readonly leftMs: number;
}
