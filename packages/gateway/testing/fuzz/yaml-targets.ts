import { readFileSync } from "node:fs";
import { builtinDrivers } from "@headgate/drivers";
import {
  type FuzzRun,
  type FuzzTarget,
  type Random,
  target,
  varyText,
} from "@headgate/drivers/testing";
import type { Driver } from "@headgate/model";
import { loadText } from "../../src/config/load.ts";
import { readProfile } from "../../src/config/profile.ts";
import { checkProfile } from "../../src/profiles/check-profile.ts";

const PROFILES = new URL("../../../../firmware-config/profiles/", import.meta.url);

/** Files that people write: profiles, and the configuration. */
export async function yamlTargets(): Promise<FuzzTarget[]> {
  const driver = await builtinDrivers["modbus-tcp"]?.();
  if (!driver) throw new Error("there is no driver for modbus-tcp");
  return [
    target("profile yaml", (random) => beginProfile(driver, random), { share: 0.02 }),
    target("configuration yaml", beginConfiguration, { share: 0.02 }),
  ];
}

/** Before what a configuration refers to. */
const MARK = "$";

const WORDS = [
  ...[
    "&a ",
    "*a",
    "*b",
    "<<: ",
    "<<: *a\n",
    "? ",
    "- ",
    "!!set ",
    "!!binary ",
    "!!omap ",
    "%YAML 9\n",
  ],
  ...["---\n", "...\n", "{", "}", "[", "]", "|", ">", "'", '"', "\t", "#", ": ", ",", "\n  ", "~"],
  ...["point: ", "variants:\n  a: { name: { en: a, zh: b }, points: { x: {}, y: null } }\n"],
  ...[
    `${MARK}{env:A}`,
    `${MARK}{secret:b}`,
    `${MARK}{`,
    "__proto__: 1\n",
    "sunspec:constructor/W",
    "constructor",
    "0x",
  ],
];

function beginProfile(driver: Driver<unknown, unknown, unknown>, random: Random): FuzzRun<string> {
  const short = `id: a\nmanufacturer: m\nmodels: [x]\nname: { en: a, zh: b }\ndriver: modbus
sources: { manual: page 1 }\nverified: manual\ndefaults: { type: float32, order: ABCD }
probe: [{ point: u }]\nvariants: { old: { name: { en: a, zh: b }, points: { u: { address: 9 } } } }
points:\n  u: { address: 0, unit: V, meaning: voltage.l1n }\n  e: { address: 6, scaledBy: [ct] }
parameters: { ct: { name: { en: c, zh: d }, default: 1 } }\n`;
  const valid = [short, short, readFileSync(new URL("_blueprint.yaml", PROFILES), "utf8")];
  return {
    make: () => varyText(random, { valid, words: WORDS }),
    take(text) {
      const { profile, problems } = checkProfile({ file: "a.yaml", text, driver, lang: "en" });
      const isTold = problems.some(({ severity }) => severity === "error");
      if (profile === null && !isTold) throw new Error("no profile, and no reason");
      // As a running gateway reads the same file.
      if (profile !== null) readProfile(text, null);
      return profile === null ? "refusal" : "answer";
    },
  };
}

const CONFIGURATION = `gateway: { id: a, name: 甲 }
channels:
  bus: { driver: modbus-tcp, host: 127.0.0.1, port: 502, timeout: 500 ms }
  plc: { driver: opcua, endpoint: "opc.tcp://127.0.0.1:4840" }
  cam: { driver: onvif, host: 127.0.0.1, username: a, password: "\${env:A}" }
  line: { driver: dlt645, path: /dev/ttyUSB0 }
devices:
  meter:
    channel: bus
    unitId: 1
    scan: 1 s
    points:
      u: { address: "holding:0", type: float32, order: CDAB, unit: V, deadband: 0.5 }
      on: { address: "coil:3", access: readWrite }
  energy: { channel: line, meter: "000012345678", points: { e: { address: energy.active.import } } }
buffer: { path: ./data, capacity: 1 GiB }
web: { port: 8080 }
`;

function beginConfiguration(random: Random): FuzzRun<string> {
  const catalogue = { drivers: builtinDrivers, uplinks: {} };
  const environment = { directory: "/nowhere", variables: { A: "b" }, profileFolders: [] };
  return {
    make: () => varyText(random, { valid: [CONFIGURATION], words: WORDS }),
    async take(text) {
      const { config, problems } = await loadText(text, catalogue, { ...environment, lang: "en" });
      const isTold = problems.some(({ severity }) => severity === "error");
      if (config === null && !isTold) throw new Error("no configuration, and no reason");
      return config === null ? "refusal" : "answer";
    },
  };
}
