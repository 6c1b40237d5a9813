import type { Uplink } from "@headgate/model";
import { checkShape, isMap, splitKeys } from "./check-shape.ts";
import type { Catalogue, UplinkConfig } from "./config.ts";
import type { ChannelDraft } from "./drafts.ts";
import { channelKeys, uplinkKeys } from "./key-levels.ts";
import { checkId } from "./names.ts";
import { nearest } from "./nearest.ts";
import type { Path, Report } from "./problem.ts";
import { uplinkSchema } from "./sections.ts";

type Loaders<T> = Readonly<Record<string, () => Promise<T>>>;

/** Loads only the drivers that are named, and checks each channel by its driver's own schema. */
export async function loadChannels(
  section: Readonly<Record<string, unknown>>,
  catalogue: Catalogue,
  report: Report,
): Promise<ReadonlyMap<string, ChannelDraft>> {
  const drafts = Object.entries(section).map(async ([id, value]): Promise<ChannelDraft> => {
    const path = ["channels", id];
    checkId(path, report);
    const part = { path, value, key: "driver", code: "unknown-driver" } as const;
    const driver = await loadNamed(part, catalogue.drivers, report);
    if (!driver || !isMap(value)) return { id, driver, settings: null };
    const { rest } = splitKeys(value, channelKeys);
    const shape = { path, value: rest, schema: driver.configSchema, otherKeys: channelKeys };
    return { id, driver, settings: checkShape(shape, report) };
  });
  return new Map((await Promise.all(drafts)).map((draft) => [draft.id, draft]));
}

/** Loads only the uplinks that are named, and checks each by its own schema. */
export async function loadUplinks(
  section: Readonly<Record<string, unknown>>,
  catalogue: Catalogue,
  report: Report,
): Promise<readonly UplinkConfig[]> {
  const uplinks = Object.entries(section).map(async ([id, value]): Promise<UplinkConfig[]> => {
    const path = ["uplinks", id];
    checkId(path, report);
    const part = { path, value, key: "type", code: "unknown-uplink" } as const;
    const uplink: Uplink | null = await loadNamed(part, catalogue.uplinks, report);
    if (!uplink || !isMap(value)) return [];
    const { own, rest } = splitKeys(value, uplinkKeys);
    const mine = checkShape({ path, value: own, schema: uplinkSchema }, report);
    const shape = { path, value: rest, schema: uplink.configSchema, otherKeys: uplinkKeys };
    const settings = checkShape(shape, report);
    if (!settings || !mine) return [];
    const { order, allowPlain } = mine.value;
    return [{ id, uplink, settings: settings.value, order, ...(allowPlain && { allowPlain }) }];
  });
  return (await Promise.all(uplinks)).flat();
}

interface Part {
  readonly path: Path;
  readonly value: unknown;
  readonly key: "driver" | "type";
  readonly code: "unknown-driver" | "unknown-uplink";
}

async function loadNamed<T>(part: Part, loaders: Loaders<T>, report: Report): Promise<T | null> {
  const { path, value, key, code } = part;
  if (!isMap(value)) {
    const params = { expected: "@map", found: value === null ? "@nothing" : JSON.stringify(value) };
    report({ code: "wrong-type", path, at: "value", params, hint: "write-map" });
    return null;
  }
  const types = Object.keys(loaders).toSorted().join(", ");
  const type = value[key];
  if (type === undefined || type === null) {
    const params = { key, values: types };
    report({ code: "missing-key", path, at: "key", params, hint: "add-one-of" });
    return null;
  }
  const at = { path: [...path, key], at: "value" } as const;
  const name = String(type);
  const load = Object.hasOwn(loaders, name) ? loaders[name] : undefined;
  if (!load) {
    const near = nearest(name, Object.keys(loaders));
    const params = { value: name, nearest: near ?? "", keys: types };
    report({ ...at, code, params, hint: near ? "did-you-mean" : "known-keys" });
    return null;
  }
  try {
    return await load();
  } catch (error) {
    const params = { value: name, why: error instanceof Error ? error.message : String(error) };
    report({ ...at, code: "not-loadable", params, hint: "install-it" });
    return null;
  }
}
