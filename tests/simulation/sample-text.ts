import type { Sample } from "@headgate/model";
import type { ExportedSample } from "@headgate/sync/receiver";

/** A value names its point and count; a bad sample has no name. */
export function nameOf(sample: Sample): string | null {
  return sample.quality === "bad" ? null : String(sample.value);
}

/** All that must arrive of a sample. */
export function textOf(sample: Sample): string {
  const { pointId, timestampMs, quality } = sample;
  const what = sample.quality === "bad" ? sample.reason : String(sample.value);
  return `${pointId} at ${timestampMs}: ${quality} ${what}`;
}

/** The same of one that a receiver exports. */
export function exportedText({ point, t, quality, value, reason }: ExportedSample): string {
  return `${point} at ${t}: ${quality} ${quality === "bad" ? reason : String(value)}`;
}
