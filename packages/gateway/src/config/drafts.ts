import type { Driver } from "@headgate/model";
import type { Expectation } from "../profiles/probe.ts";
import type { PointSense } from "./config.ts";
import type { DeviceSettings } from "./sections.ts";

/** A channel so far. What is null was reported; its devices are still checked. */
export interface ChannelDraft {
  readonly id: string;
  readonly driver: Driver | null;
  readonly settings: { readonly value: unknown } | null;
}

/** A device so far: its own settings, and its points as maps. */
export interface DeviceDraft {
  readonly id: string;
  readonly channel: ChannelDraft | null;
  readonly settings: DeviceSettings | null;
  /** What the driver's schema made of the rest; null if reported or unknown. */
  readonly device: { readonly value: unknown } | null;
  readonly points: Readonly<Record<string, unknown>>;
  readonly senses: Readonly<Record<string, PointSense>>;
  readonly scan: string | null;
  /** Of a profile with variants of which none is named. */
  readonly options: readonly OptionDraft[];
}

/** One of a profile's variants, in the form of the configuration file. */
export interface OptionDraft {
  readonly name: string;
  readonly device: { readonly value: unknown } | null;
  readonly points: Readonly<Record<string, unknown>>;
  readonly senses: Readonly<Record<string, PointSense>>;
  readonly expectations: readonly Expectation[];
}
