import { readFile } from "node:fs/promises";
import { tablesOfPoints } from "@headgate/drivers/testing";
import { parse } from "yaml";

/** As much of a profile as a virtual meter needs: one without variants. */
interface ProfileFile {
  readonly documentOffset?: number;
  readonly defaults?: {
    readonly table?: string;
    readonly type?: string;
    readonly order?: string;
  };
  readonly points: Readonly<Record<string, ProfilePoint>>;
}

interface ProfilePoint {
  readonly address: number;
  readonly table?: string;
  readonly type?: string;
  readonly order?: string;
  readonly scale?: number;
  readonly meaning?: string;
  readonly unit?: string;
}

/** What a healthy device on a mains of 230 V shows, in the units of the profiles. */
const SHOWN: readonly (readonly [meaning: RegExp, value: number])[] = [
  [/^voltage\.l\dn$/, 230.1],
  [/^voltage\.l\dl\d$/, 398.5],
  [/^voltage\./, 230.1],
  [/^frequency$/, 49.98],
  [/^power\.factor/, 0.98],
  [/^power\.active\.total$/, 2347],
  [/^power\./, 782],
  [/^current\./, 3.4],
  [/^energy\./, 482],
];

function shownOf({ meaning = "", unit = "" }: ProfilePoint): number {
  const value = SHOWN.find(([pattern]) => pattern.test(meaning))?.[1] ?? 1;
  return /^k(W|VA|var)$/.test(unit) ? value / 1000 : value;
}

/** The registers of a healthy device of this profile. */
export async function tablesOfProfile(id: string) {
  const file = new URL(`../../firmware-config/profiles/${id}.yaml`, import.meta.url);
  const {
    documentOffset = 0,
    defaults = {},
    points,
  } = parse(await readFile(file, "utf8")) as ProfileFile;
  const { table = "holding", type = "uint16", order = "ABCD" } = defaults;
  const shown = Object.values(points).map((point) => ({
    type: point.type ?? type,
    ...(point.order && { order: point.order }),
    ...(point.scale !== undefined && { scale: point.scale }),
    address: `${point.table ?? table}:${point.address + documentOffset}`,
    value: shownOf(point),
  }));
  return tablesOfPoints(shown, order);
}
