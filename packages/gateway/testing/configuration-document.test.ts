import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { catalogue } from "../src/catalogue.ts";
import { describeSchema, keysAt } from "../src/config/describe-schema.ts";
import { channelKeys, deviceKeys, pointKeys } from "../src/config/key-levels.ts";
import { loadConfig } from "../src/config/load.ts";
import { bufferSchema, gatewaySchema, webSchema } from "../src/config/sections.ts";

const text = await readFile(join(import.meta.dirname, "../../../docs/configuration.md"), "utf8");
const example = /## Example\n\n```yaml\n(.*?)```/s.exec(text)?.[1] ?? "";

it("the example is good, and all that it says is understood", async () => {
  const environment = { variables: { HEADGATE_SECRET_GATE: "x" }, directory: tmpdir() };
  const { config, problems } = await loadConfig(parse(example), catalogue, environment);
  expect(problems).toEqual([]);
  const devices = config?.channels.flatMap((channel) => channel.devices) ?? [];
  const power = devices
    .flatMap(({ points }) => points)
    .find(({ point }) => point.id === "feed-mill/power");
  expect(power?.condition).toMatchObject({ scale: 0.04, deadband: 0.1 });
});

it("every key of the gateway, its drivers and uplinks is documented", async () => {
  const drivers = await Promise.all(Object.values(catalogue.drivers).map((load) => load()));
  const uplinks = await Promise.all(Object.values(catalogue.uplinks).map((load) => load()));
  const parts = drivers.flatMap(({ configSchema, deviceSchema, addressSchema }) =>
    [configSchema, deviceSchema, addressSchema].filter((schema) => schema !== undefined),
  );
  const schemas = [...parts, ...uplinks.map(({ configSchema }) => configSchema)];
  const keys = [
    ...schemas.flatMap((schema) => keysAt(describeSchema(schema), [])),
    ...[gatewaySchema, bufferSchema, webSchema].flatMap(({ shape }) => Object.keys(shape)),
    ...[...channelKeys, ...deviceKeys, ...pointKeys],
  ];
  const missing = [...new Set(keys)].filter((key) => !new RegExp(`[\`.]${key}\``).test(text));
  expect(missing).toEqual([]);
});
