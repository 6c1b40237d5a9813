import type { Driver } from "@headgate/model";
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
  readonly scan: string | null;
}
