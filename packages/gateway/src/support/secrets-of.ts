import type { Access } from "../access/access.ts";
import { secretsInValue } from "../configuration/known-secrets.ts";
import type { GatewayView } from "../status.ts";

const SECRET_VARIABLE = /^HEADGATE_SECRET_/;

/** All that a gateway must not show of itself: of its configuration, its page and its machine. */
export async function secretsOf(view: GatewayView, access: Access): Promise<readonly string[]> {
  const { accounts, tokens } = access.accounts;
  const { channels = [], uplinks = [] } = view.config ?? {};
  const settings = [...channels, ...uplinks].map((part) => part.settings);
  const variables = Object.entries(process.env).flatMap(([name, value]) =>
    SECRET_VARIABLE.test(name) && value ? [value] : [],
  );
  const sessions = access.sessions.list(access.clock.nowMs());
  return [
    ...((await view.configuration?.secrets()) ?? []),
    ...secretsInValue(settings),
    ...variables,
    ...accounts.map(({ password }) => password),
    ...tokens.map(({ hash }) => hash),
    ...sessions.flatMap(({ hash, csrf, id }) => [hash, csrf, id]),
    access.localToken,
  ];
}
