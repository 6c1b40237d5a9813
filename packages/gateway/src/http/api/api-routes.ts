import { profileLibrary, shippedProfileFolders } from "../../config/profile.ts";
import type { GatewayView } from "../../status.ts";
import { deviceRoutes } from "./device-routes.ts";
import { lineRoutes } from "./line-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { profileRoutes } from "./profile-routes.ts";
import type { Route } from "./route.ts";
import { statusRoutes } from "./status-routes.ts";
import { writeRoutes } from "./write-routes.ts";

/** Everything that is served: the one table of routes. */
export function apiRoutes(view: GatewayView): readonly Route[] {
  const { field, config, writes } = view;
  const table: readonly Route[] = [
    ...pageRoutes(() => table),
    ...statusRoutes(view),
    ...(config ? deviceRoutes(view, () => view.config ?? config) : []),
    ...(field ? lineRoutes(field) : []),
    ...(writes ? writeRoutes(writes) : []),
    ...profileRoutes(() => profileLibrary(shippedProfileFolders())),
  ];
  return table;
}
