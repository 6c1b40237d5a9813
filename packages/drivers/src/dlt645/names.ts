type Name = [name: string, id: string];

/** Names of the common vocabulary for data items, so that nobody needs to know their ids. */
export const ITEM_NAMES: ReadonlyMap<string, string> = new Map([
  ...energies("energy.active.total", "0000"),
  ...energies("energy.active.import", "0001"),
  ...energies("energy.active.export", "0002"),
  ...energies("energy.reactive.import", "0003"),
  ...energies("energy.reactive.export", "0004"),
  ...named("energy.reactive.q", ["00050000", "00060000", "00070000", "00080000"]),
  ["energy.apparent.import", "00090000"],
  ["energy.apparent.export", "000A0000"],
  ...named("energy.active.import.l", ["00150000", "00290000", "003D0000"]),
  ...named("energy.active.export.l", ["00160000", "002A0000", "003E0000"]),
  ...phases("voltage", "0201").map(([name, id]): Name => [`${name}n`, id]),
  ...phases("current", "0202"),
  ["current.n", "02800001"],
  ...withTotal("power.active", "0203"),
  ...withTotal("power.reactive", "0204"),
  ...withTotal("power.apparent", "0205"),
  ...withTotal("power.factor", "0206"),
  ["frequency", "02800002"],
  ["demand.active", "02800004"],
  ["temperature", "02800007"],
  ...phases("thd.voltage", "0208"),
  ...phases("thd.current", "0209"),
  ["device.address", ""],
  ["device.serial", "04000402"],
  ["ratio.ct", "04000306"],
]);

const NAMES_OF: ReadonlyMap<string, string> = new Map(
  [...ITEM_NAMES].map(([name, id]) => [id, name]),
);

/** An item for people, with its name if it has one: "item 00050000 (energy.reactive.q1)". */
export function itemText(id: string): string {
  const name = NAMES_OF.get(id);
  if (id === "") return `item ${name}`;
  return name === undefined ? `item ${id}` : `item ${id} (${name})`;
}

function energies(name: string, start: string): Name[] {
  const tariffs = named(
    `${name}.t`,
    [1, 2, 3, 4].map((n) => `${start}0${n}00`),
  );
  return [[name, `${start}0000`], ...tariffs];
}

function phases(name: string, start: string): Name[] {
  return named(
    `${name}.l`,
    [1, 2, 3].map((n) => `${start}0${n}00`),
  );
}

function withTotal(name: string, start: string): Name[] {
  return [[`${name}.total`, `${start}0000`], ...phases(name, start)];
}

/** With numbers from 1 behind the name. */
function named(name: string, ids: readonly string[]): Name[] {
  return ids.map((id, index) => [`${name}${index + 1}`, id]);
}
