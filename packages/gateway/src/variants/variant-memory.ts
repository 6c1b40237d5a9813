import { join } from "node:path";
import { describeError, type Log } from "@headgate/model";
import { z } from "zod";
import { replaceFile, textIfThere } from "../access/durable-file.ts";
import type { DeviceConfig } from "../config/config.ts";
import type { VariantVerdict } from "./decide.ts";

const evidenceSchema = z.object({
  ...{ variant: z.string(), what: z.string(), said: z.string(), isAsExpected: z.boolean() },
});
const entrySchema = z.object({
  ...{ profile: z.string(), settings: z.string(), chosen: z.string() },
  // Files of before have none.
  evidence: z.array(evidenceSchema).default([]),
});
const fileSchema = z.record(z.string(), entrySchema);
type Entry = z.infer<typeof entrySchema>;

/** Where it is kept, in the buffer's folder. */
export function variantFile(directory: string): string {
  return join(directory, "variants.json");
}

/** Which variant each device told it is. What was not decided is known until the end only. */
export class VariantMemory {
  readonly #path: string;
  readonly #kept: Map<string, Entry>;
  readonly #undecided = new Map<string, { key: string; known: VariantVerdict }>();

  private constructor(path: string, kept: Map<string, Entry>) {
    this.#path = path;
    this.#kept = kept;
  }

  /** A file that cannot be read is told of, and devices are asked anew. */
  static async open(directory: string, log: Log): Promise<VariantMemory> {
    const path = variantFile(directory);
    try {
      const text = await textIfThere(path);
      const kept = text === null ? {} : fileSchema.parse(JSON.parse(text));
      return new VariantMemory(path, new Map(Object.entries(kept)));
    } catch (error) {
      log.warn(`${path} cannot be read: ${describeError(error)}; devices are asked anew`);
      return new VariantMemory(path, new Map());
    }
  }

  /** Null where it is to be asked: another profile or another place is another device. */
  knownOf(device: DeviceConfig): VariantVerdict | null {
    const undecided = this.#undecided.get(device.id);
    if (undecided?.key === keyOf(device)) return undecided.known;
    const kept = this.#kept.get(device.id);
    if (!kept || `${kept.profile} ${kept.settings}` !== keyOf(device)) return null;
    const isThere = device.variants?.options.some(({ name }) => name === kept.chosen);
    if (!isThere) return null;
    return { verdict: "one", chosen: kept.chosen, evidence: kept.evidence };
  }

  note(device: DeviceConfig, known: VariantVerdict): void {
    const { id, profile } = device;
    this.#undecided.delete(id);
    if (known.chosen === null) this.#undecided.set(id, { key: keyOf(device), known });
    else {
      const settings = settingsOf(device);
      const evidence = [...(known.evidence ?? [])];
      this.#kept.set(id, { profile: profile ?? "", settings, chosen: known.chosen, evidence });
    }
  }

  async save(): Promise<void> {
    await replaceFile(this.#path, `${JSON.stringify(Object.fromEntries(this.#kept), null, 2)}\n`);
  }
}

function keyOf(device: DeviceConfig): string {
  return `${device.profile ?? ""} ${settingsOf(device)}`;
}

/** Where it is, as its driver knows it: unit id, meter number. Every option has the same. */
function settingsOf({ variants }: DeviceConfig): string {
  return JSON.stringify(variants?.options[0]?.points[0]?.point.device ?? null);
}

/** Forgets a device's variant: after new firmware. False if none was kept. */
export async function forgetVariant(directory: string, deviceId: string): Promise<boolean> {
  const path = variantFile(directory);
  const text = await textIfThere(path);
  if (text === null) return false;
  const kept = fileSchema.parse(JSON.parse(text));
  if (!Object.hasOwn(kept, deviceId)) return false;
  delete kept[deviceId];
  await replaceFile(path, `${JSON.stringify(kept, null, 2)}\n`);
  return true;
}
