import { driverTargets, fuzz } from "@headgate/drivers/testing";
import { gatewayTargets } from "@headgate/gateway/testing";
import { describe, expect, test } from "vitest";

// Of `fuzz-frames.ts` so much as fits in between: the same parsers, each by its own seed.
const FRAMES = 10_000;

const targets = [...(await driverTargets()), ...(await gatewayTargets())];

describe.each(targets.map((target, index) => ({ name: target.name, target, seed: index + 1 })))(
  "the parser of $name",
  ({ target, seed }) => {
    test("answers or refuses, whatever comes", async () => {
      const count = Math.max(200, FRAMES * target.share);
      const { answerCount, refusalCount, wrongCount } = await fuzz(target, { count, seed });
      expect(answerCount).toBeGreaterThan(count / 50);
      expect(refusalCount).toBeGreaterThan(count / 50);
      expect(wrongCount).toBeLessThanOrEqual(3 + (target.wrongPerMillionMax * count) / 1e6);
    }, 120_000);
  },
);
