import type { SunspecModel, SunspecPoint } from "@headgate/drivers/sunspec";
import { z } from "zod";

const officialPoint = z.object({
  name: z.string(),
  type: z.string(),
  size: z.int(),
  sf: z.union([z.string(), z.int()]).optional(),
  units: z.string().optional(),
});
const officialGroup = z.object({ name: z.string(), points: z.array(officialPoint) });
const officialModel = z.object({
  id: z.int(),
  group: officialGroup.extend({ groups: z.array(officialGroup).default([]) }),
});

type OfficialPoint = z.infer<typeof officialPoint>;

/** Their name of each of our types. */
const TYPES: Readonly<Record<string, string>> = {
  ...{ u16: "uint16", i16: "int16", u32: "uint32", i32: "int32", u64: "uint64", f32: "float32" },
  ...{ sf: "sunssf", acc32: "acc32", text: "string", pad: "pad", count: "count" },
  ...{ enum16: "enum16", bits16: "bitfield16", bits32: "bitfield32" },
};

/** What differs between an official model file and ours: offsets, types, sizes, units, factors. */
export function compareSunspec(
  official: unknown,
  models: ReadonlyMap<number, SunspecModel>,
): readonly string[] {
  const { id, group } = officialModel.parse(official);
  const ours = models.get(id);
  if (!ours) return [`model ${id} is not among ours`];
  const [repeated] = group.groups;
  const where = `model ${id}`;
  const own = comparePoints(group.points, ours.points, where);
  if (!repeated && !ours.repeated) return own;
  if (repeated?.name !== ours.repeated?.name) return [...own, `${where}: other group`];
  const inside = `${where} ${repeated?.name}`;
  return [
    ...own,
    ...comparePoints(repeated?.points ?? [], ours.repeated?.points ?? new Map(), inside),
  ];
}

function comparePoints(
  official: readonly OfficialPoint[],
  ours: ReadonlyMap<string, SunspecPoint>,
  where: string,
): string[] {
  let offset = 0;
  const found = official.flatMap((point) => {
    const { name, type, size, sf, units } = point;
    const own = ours.get(name);
    const theirs = { type, size, offset, units: units ?? null, sf: sf ?? null };
    offset += size;
    if (!own) return [`${where}: ${name} is missing`];
    const mine = {
      type: TYPES[own.type] ?? own.type,
      size: own.count,
      offset: own.offset,
      units: own.unit,
      sf: own.scaleName,
    };
    return Object.entries(theirs)
      .filter(([key, value]) => mine[key as keyof typeof mine] !== value)
      .map(([key, value]) => `${where}: ${name} has ${key} ${value}, ours another`);
  });
  const names = new Set(official.map(({ name }) => name));
  const extra = [...ours.keys()].filter((name) => !names.has(name));
  return [...found, ...extra.map((name) => `${where}: ${name} is ours alone`)];
}
