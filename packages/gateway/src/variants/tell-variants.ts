import type { Log } from "@headgate/model";
import type { DeviceConfig } from "../config/config.ts";
import type { VariantStatus } from "../status.ts";
import type { VariantVerdict } from "./decide.ts";

/** Of devices whose profile has variants of which none is named: which they are. */
export function variantsOf(devices: readonly DeviceConfig[]): readonly VariantStatus[] {
  return devices.flatMap(({ id, profile, variants }): VariantStatus[] => {
    if (!variants) return [];
    const { verdict, chosen, options, evidence = [] } = variants;
    const names = options.map(({ name }) => name);
    return [{ device: id, profile: profile ?? "", verdict, chosen, names, evidence }];
  });
}

/** What a device turned out to be, and what a person is to do where it is not clear. */
export function tellVariant(
  { id, profile, variants }: DeviceConfig,
  { verdict, chosen }: VariantVerdict,
  log: Log,
): void {
  if (verdict === "one") {
    log.info(`device "${id}" is variant ${chosen} of ${profile}`);
    return;
  }
  const names = variants?.options.map(({ name }) => name).join(", ");
  const what = verdict === "several" ? "several variants fit" : "no variant fits";
  const todo = `it is read as the profile stands; write variant: at the device, one of ${names}`;
  log.warn(`device "${id}", profile ${profile}: ${what}; ${todo}`);
}
