import { join } from "node:path";
import { accessFiles } from "../access/access.ts";
import { Accounts } from "../access/accounts.ts";
import { textIfThere } from "../access/durable-file.ts";
import type { GatewayConfig } from "../config/config.ts";
import { ExitCode } from "./exit-code.ts";

/** `headgate claim`: the code that makes whoever types it the first admin; 1 if it was used. */
export async function showClaim({
  buffer,
}: GatewayConfig): Promise<{ text: string; exitCode: number }> {
  const files = accessFiles(join(buffer.path, "web"));
  const accounts = await Accounts.open(files.accounts);
  if (accounts.isClaimed) {
    const admins = accounts.accounts.filter(({ role }) => role === "admin");
    const names = admins.map(({ name }) => name).join(", ");
    const todo = `to begin anew, stop the gateway and remove ${files.accounts}`;
    return { text: `claimed already, by ${names}; ${todo}\n`, exitCode: ExitCode.no };
  }
  const code = (await textIfThere(files.claimCode))?.trim();
  if (!code) {
    const text = "there is no claim code yet: start the gateway once, with web: in its config\n";
    return { text, exitCode: ExitCode.no };
  }
  return { text: `${code}\n`, exitCode: ExitCode.ok };
}
