import { silentLog, systemClock } from "@headgate/model";
import { type Command, InvalidArgumentError } from "commander";
import { durationMs } from "../config/quantity.ts";
import type { Cli } from "./cli.ts";
import { ExitCode } from "./exit-code.ts";
import { formatTable } from "./format-table.ts";

const TIMEOUT_MS = 5_000;
const CALL_MS = 3_000;

/** `headgate scan opcua` and `scan onvif`. */
export function addNetworkScans(scan: Command, cli: Cli): void {
  const context = { clock: systemClock, log: silentLog, signal: cli.signal, directory: "" };
  const note = (text: string) => process.stderr.write(`${text}\n`);
  scan
    .command("opcua")
    .description("OPC UA servers at hosts: endpoints, security, logins, certificates")
    .argument("<where...>", "192.168.1.20, plc:4841, opc.tcp://plc:4840/path, 10.0.0.0/28")
    .option("--timeout <time>", "for each place, 5 s", time)
    .option("--as-config", "print what to paste into a configuration")
    .option("--json", "print JSON")
    .action(async (targets: string[], given) => {
      const { scanOpcua, serverRows, serverSnippet } = await import("./scan-opcua.ts");
      const servers = await scanOpcua(
        targets,
        { timeoutMs: given.timeout ?? TIMEOUT_MS, note },
        context,
      );
      const views = { rows: serverRows(servers), snippet: serverSnippet(servers) };
      cli.finish(show(servers, { ...views, nobody: "nobody was found" }, given));
    });
  scan
    .command("onvif")
    .description("cameras that answer a call on a network, or at hosts")
    .argument("[where...]", "192.168.1.30, cam:8080, 10.0.0.0/28")
    .option("--interface <name>", "call on this network: eth0, or an address of this machine")
    .option("--wait <time>", "how long to listen for answers to the call, 3 s", time)
    .option("--timeout <time>", "for each camera, 5 s", time)
    .option("--as-config", "print what to paste into a configuration")
    .option("--json", "print JSON")
    .action(async (targets: string[], given) => {
      const { scanOnvif, cameraRows, cameraSnippet } = await import("./scan-onvif.ts");
      const { interface: interfaceName = null } = given;
      const { timeout: timeoutMs = TIMEOUT_MS, wait: waitMs = CALL_MS } = given;
      const wish = { interfaceName, targets, timeoutMs, waitMs };
      const cameras = await scanOnvif(wish, note, context);
      const views = { rows: cameraRows(cameras), snippet: cameraSnippet(cameras) };
      cli.finish(show(cameras, { ...views, nobody: NO_CAMERA }, given));
    });
}

const NO_CAMERA =
  "nobody was found; is ONVIF switched on in the camera, and is it in this network? " +
  "Else name its address";

interface Views {
  readonly rows: readonly string[][];
  readonly snippet: string;
  readonly nobody: string;
}

function show(
  found: readonly unknown[],
  { rows, snippet, nobody }: Views,
  { json, asConfig }: { json?: boolean; asConfig?: boolean },
): number {
  if (json) process.stdout.write(`${JSON.stringify(found, null, 2)}\n`);
  else if (asConfig) process.stdout.write(snippet);
  else if (rows.length > 0) process.stdout.write(formatTable(rows));
  if (found.length === 0) process.stderr.write(`${nobody}\n`);
  return found.length > 0 ? ExitCode.ok : ExitCode.no;
}

function time(text: string): number {
  const ms = durationMs(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError("write a time such as 200 ms or 1 s");
}
