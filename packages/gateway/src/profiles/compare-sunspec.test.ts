import { readdir, readFile } from "node:fs/promises";
import { SUNSPEC_MODELS } from "@headgate/drivers/sunspec";
import { describe, expect, it } from "vitest";
import { compareSunspec } from "./compare-sunspec.ts";

const folder = new URL("../../../../tests/fixtures/sunspec/", import.meta.url);
const files = (await readdir(folder)).filter((name) => name.endsWith(".json"));
const official = async (name: string) => JSON.parse(await readFile(new URL(name, folder), "utf8"));

describe("our SunSpec models", () => {
  it("are those of the official files, one for one", () => {
    const ids = files.map((name) => Number(/\d+/.exec(name)?.[0]));
    expect(ids.toSorted((a, b) => a - b)).toEqual(
      [...SUNSPEC_MODELS.keys()].toSorted((a, b) => a - b),
    );
  });

  it.each(files)("%s: offsets, types, sizes, units and scale factors are equal", async (name) => {
    expect(compareSunspec(await official(name), SUNSPEC_MODELS)).toEqual([]);
  });

  it("that differ are told apart", async () => {
    const model = await official("model_160.json");
    const { points, groups } = model.group;
    points.splice(2, 1);
    points[3].units = "V";
    groups[0].points[2].sf = "DCV_SF";
    groups[0].points[9].type = "uint32";
    const found = compareSunspec(model, SUNSPEC_MODELS);
    expect(found).toContain("model 160: DCA_SF is ours alone");
    expect(found).toContain("model 160: DCV_SF has offset 2, ours another");
    expect(found).toContain("model 160 module: DCA has sf DCV_SF, ours another");
    expect(found).toContain("model 160 module: DCEvt has type uint32, ours another");
  });

  it("are at the offsets that the register tables give", () => {
    const at = (id: number, name: string) => SUNSPEC_MODELS.get(id)?.points.get(name)?.offset;
    expect([at(103, "W"), at(103, "WH"), at(103, "Evt1")]).toEqual([14, 24, 40]);
    expect([at(113, "W"), at(113, "St")]).toEqual([22, 48]);
    expect([at(203, "W"), at(203, "TotWhImp"), at(213, "TotWhImp")]).toEqual([18, 46, 68]);
    expect([at(802, "SoC"), at(802, "V"), at(701, "TotWhInj")]).toEqual([11, 34, 19]);
  });
});
