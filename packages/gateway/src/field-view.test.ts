import { modbusRtuDriver } from "@headgate/drivers/modbus";
import { type Driver, systemClock } from "@headgate/model";
import { expect, test } from "vitest";
import type { GatewayConfig } from "./config/config.ts";
import { createFieldView } from "./field-view.ts";

const driver = modbusRtuDriver as unknown as Driver;
const settings = driver.configSchema.parse({ path: "/nowhere/tty" });
const config = { channels: [{ id: "bus", driver, settings, devices: [] }] };
const request = { unitIds: [1], timeoutMs: 20 };

async function heard(lines: AsyncIterable<string>): Promise<string> {
  let text = "";
  for await (const line of lines) text += line;
  return text;
}

test("a search that nobody came to hear keeps no other from the line", async () => {
  const field = createFieldView(
    () => config as unknown as GatewayConfig,
    () => [],
    {
      clock: systemClock,
    },
  );
  const unheard = field.search("bus", request)[Symbol.asyncIterator]();
  await unheard.return?.();
  for (let count = 0; count < 2; count++) {
    expect(await heard(field.search("bus", request))).toContain("no such port");
  }
});

test("two searches of one line that begin at once: one is told to wait", async () => {
  const field = createFieldView(
    () => config as unknown as GatewayConfig,
    () => [],
    {
      clock: systemClock,
    },
  );
  const both = [field.search("bus", request), field.search("bus", request)];
  expect((await Promise.all(both.map(heard))).join()).toContain("being searched already");
});
