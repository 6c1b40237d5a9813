import { expect, it } from "vitest";
import { runProxyProof } from "../proxy/run-proxy-proof.ts";

it("SCADA systems and the gateway share a device that takes one client", async () => {
  const { violations, ...figures } = await runProxyProof({ seconds: 5, say: () => {} });
  expect(violations).toEqual([]);
  expect(figures.commonTicks).toBeGreaterThan(0);
  expect(figures.ownWrites).toBeGreaterThan(0);
});
