import { silentLog, systemClock } from "@headgate/model";
import { type Command, InvalidArgumentError } from "commander";
import type { Catalogue } from "../config/config.ts";
import { systemLang } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import { profileLibrary, shippedProfileFolders } from "../config/profile.ts";
import { durationMs } from "../config/quantity.ts";
import { CALLED } from "../find/call-lines.ts";
import { readNumbers } from "../find/hosts.ts";
import type { LineSettings } from "../find/line-settings.ts";
import { snippetOf } from "../find/snippet.ts";
import { additionText, addToConfig } from "./add-to-config.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { loadOrExplain } from "./load-or-explain.ts";
import { loadProfiles } from "./profile-list.ts";
import { scanChannels } from "./scan-channel.ts";
import { type LineProtocolName, type ScanModbusWish, scanModbus } from "./scan-modbus.ts";
import { addNetworkScans } from "./scan-network-commands.ts";
import { ScanScreen } from "./scan-screen.ts";

const TURNAROUND_MS = 10;

/** `headgate scan …`: looks who is there, where a person said, and only reads. */
export function addScanCommands(program: Command, catalogue: Catalogue, cli: Cli): void {
  const scan = program
    .command("scan")
    .description("find devices where you say; only reads, and never looks by itself");
  addNetworkScans(scan, cli);
  scan
    .command("modbus")
    .description(
      "meters on a serial line (DL/T 645 and CJ/T 188, too) or at hosts, with their profiles",
    )
    .argument("<where...>", "/dev/ttyUSB0, 192.168.1.10, 192.168.1.20-40:502, 10.0.0.0/28")
    .option("-c, --config <file>", "then where is a channel of it; a gateway that runs is asked")
    .option("--baud <rates>", "9600,19200; what is likely if absent", numbers([110, 4_000_000]))
    .option("--parity <parities>", "none,even,odd; what is likely if absent", parities)
    .option("--units <ids>", "1-32,40; on a serial line all if absent", numbers([0, 255]))
    .option("--timeout <time>", "how long a unit may take: 200 ms, on a network 1 s", time)
    .option("--turnaround <time>", "silence before each question on a serial line, 10 ms", time)
    .option("--all", "go on with other speeds once devices were found")
    .option("--count <number>", "stop looking once so many are found", wholeNumber)
    .option(
      "--protocols <names>",
      "on a serial line; all if absent: modbus,dlt645,cjt188",
      protocols,
    )
    .option("--rtu", "at hosts: RTU frames through a serial server")
    .option("--ascii", "on a serial line: Modbus ASCII")
    .option("--as-config", "print what to paste into a configuration")
    .option("--add-to <file>", "write what is certain into this configuration")
    .option("--lang <lang>", "en or zh; the system's language if absent")
    .option("--json", "print JSON")
    .action(async (targets: string[], given) => {
      const lang = langOf(given.lang);
      const screen = new ScanScreen(process.stderr, lang);
      const wish = wishOf(targets, given);
      const library = profileLibrary(shippedProfileFolders());
      const profiles = await loadProfiles(library);
      const context = { clock: systemClock, log: silentLog, signal: cli.signal, directory: "" };
      const emit = screen.take.bind(screen);
      try {
        if (given.config === undefined) {
          await scanModbus(wish, { catalogue, profiles, context, emit });
        } else {
          const config = await loadOrExplain(given.config, catalogue);
          if (config === null) return cli.finish(ExitCode.usage);
          const { drivers } = catalogue;
          await scanChannels(config, { ...wish, drivers }, { profiles, context, emit });
        }
      } finally {
        screen.end();
      }
      show(screen, given, lang);
      if (given.addTo !== undefined && screen.found.length > 0) {
        const addition = await addToConfig(given.addTo, screen.found);
        process.stderr.write(`${additionText(given.addTo, addition)}\n`);
      }
      cli.finish(screen.found.length > 0 ? ExitCode.ok : ExitCode.no);
    });
}

function langOf(given: string | undefined): Lang {
  return given === "zh" || given === "en" ? given : systemLang();
}

function wishOf(targets: readonly string[], given: Record<string, unknown>): ScanModbusWish {
  return {
    targets,
    baudRates: (given.baud as number[] | undefined) ?? [],
    parities: (given.parity as LineSettings["parity"][] | undefined) ?? [],
    unitIds: (given.units as number[] | undefined) ?? null,
    timeoutMs: (given.timeout as number | undefined) ?? null,
    turnaroundMs: (given.turnaround as number | undefined) ?? TURNAROUND_MS,
    isAll: given.all === true,
    countMax: (given.count as number | undefined) ?? Number.POSITIVE_INFINITY,
    protocols: (given.protocols as readonly LineProtocolName[] | undefined) ?? ALL,
    framing: given.rtu ? "rtu" : given.ascii ? "ascii" : null,
  };
}

function show(
  screen: ScanScreen,
  { json, asConfig }: { json?: boolean; asConfig?: boolean },
  lang: Lang,
): void {
  if (json) process.stdout.write(`${JSON.stringify(screen.found, null, 2)}\n`);
  else if (asConfig) process.stdout.write(snippetOf(screen.found));
  else process.stdout.write(screen.table());
  if (screen.found.length === 0) process.stderr.write(`${NOBODY[lang]}\n`);
}

const NOBODY: Readonly<Record<Lang, string>> = {
  en:
    "nobody was found; check the power of the devices, both ends of the cable, and on a serial " +
    "line whether A and B are swapped",
  zh: "没有找到设备；请检查设备供电和线缆两端，串口线路请检查 A、B 是否接反",
};

function numbers(range: readonly [number, number]) {
  return (text: string): number[] => {
    const read = readNumbers(text, range);
    if (typeof read === "string") throw new InvalidArgumentError(read);
    return read;
  };
}

function parities(text: string): LineSettings["parity"][] {
  return text.split(",").map((word) => {
    const parity = word.trim();
    if (parity === "none" || parity === "even" || parity === "odd") return parity;
    throw new InvalidArgumentError("write none, even, odd or several of them");
  });
}

const ALL: readonly LineProtocolName[] = ["modbus", ...CALLED];

function protocols(text: string): LineProtocolName[] {
  return text.split(",").map((word) => {
    const known = ALL.find((one) => one === word.trim());
    if (known !== undefined) return known;
    throw new InvalidArgumentError(`write ${ALL.join(", ")} or several of them`);
  });
}

function time(text: string): number {
  const ms = durationMs(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError("write a time such as 200 ms or 1 s");
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("write a whole number above 0");
}
