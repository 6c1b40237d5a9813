import type { Access } from "../../access/access.ts";
import type { OwnCertificate } from "../../access/own-certificate.ts";
import type { GatewayConfig } from "../../config/config.ts";
import { profileLibrary, shippedProfileFolders } from "../../config/profile.ts";
import { type GatewayView, unprovedIn } from "../../status.ts";
import type { Updates } from "../../update/updates.ts";
import type { Site } from "../site.ts";
import { auditRoutes, certificateRoutes } from "./audit-routes.ts";
import { backupRoutes } from "./backup-routes.ts";
import { basicLoginRoutes } from "./basic-login-routes.ts";
import { basicRoutes } from "./basic-routes.ts";
import { configRoutes } from "./config-routes.ts";
import { deviceRoutes } from "./device-routes.ts";
import { editRoutes } from "./edit-routes.ts";
import { findRoutes } from "./find-routes.ts";
import { historyRoutes } from "./history-routes.ts";
import { lineRoutes, readRoute } from "./line-routes.ts";
import { pageRoutes } from "./page-routes.ts";
import { pictureRoutes } from "./picture-routes.ts";
import { profileRoutes } from "./profile-routes.ts";
import { rollBackRoutes } from "./roll-back-routes.ts";
import type { Route } from "./route.ts";
import { serverCertificateRoutes } from "./server-certificate-routes.ts";
import { sessionRoutes } from "./session-routes.ts";
import { statusRoutes } from "./status-routes.ts";
import { storageRoutes } from "./storage-routes.ts";
import { streamRoutes } from "./stream-routes.ts";
import { supportRoutes } from "./support-routes.ts";
import { tokenRoutes } from "./token-routes.ts";
import { trialRoutes } from "./trial-routes.ts";
import { updateRoutes } from "./update-routes.ts";
import { uplinkTestRoutes } from "./uplink-test-routes.ts";
import { userRoutes } from "./user-routes.ts";
import { webRoutes } from "./web-routes.ts";
import { writeRoutes } from "./write-routes.ts";

/** What the routes are about, beside the gateway. */
export interface ApiParts {
  readonly site: Site;
  readonly access: Access;
  readonly certificate: () => OwnCertificate | null;
}

const foldersOf = ({ buffer }: GatewayConfig, updates: Updates | undefined) => {
  return { folder: buffer.path, updates: updates?.folder ?? null };
};

/** Everything that is served: the one table of routes. */
export function apiRoutes(view: GatewayView, parts: ApiParts): readonly Route[] {
  const { field, config, writes, configuration, finder, uplinkTester, updates } = view;
  const { access, site, certificate } = parts;
  const table: readonly Route[] = [
    ...webRoutes(),
    ...pageRoutes(() => table, site.prefix),
    ...statusRoutes(view),
    ...(config ? deviceRoutes(view, () => view.config ?? config) : []),
    ...(view.history ? historyRoutes(view, view.history) : []),
    ...(config ? pictureRoutes(view, () => view.config ?? config) : []),
    ...(config ? serverCertificateRoutes(access, () => view.config ?? config) : []),
    ...(field ? lineRoutes(field) : []),
    ...(view.read ? [readRoute(view)] : []),
    ...(writes ? writeRoutes(writes) : []),
    ...profileRoutes(() => profileLibrary(shippedProfileFolders())),
    ...streamRoutes(view, access),
    ...(configuration
      ? configRoutes(configuration, access, (ids) => unprovedIn(view.status(), ids))
      : []),
    ...(configuration ? editRoutes(configuration) : []),
    ...(configuration ? backupRoutes(configuration.path, access) : []),
    ...(configuration && view.tryOut
      ? trialRoutes(configuration, access, async (draft) => (await view.tryOut?.(draft)) ?? [])
      : []),
    ...(uplinkTester && config
      ? uplinkTestRoutes(uplinkTester, access, () => view.config ?? config)
      : []),
    ...(configuration && finder && config
      ? findRoutes({ finder, configuration, access, configOf: () => view.config ?? config })
      : []),
    ...sessionRoutes(access, site),
    ...basicRoutes(view, site),
    ...(site.whoAsks ? [] : basicLoginRoutes(access, site)),
    ...(site.whoAsks ? [] : userRoutes(access)),
    ...tokenRoutes(access),
    ...auditRoutes(access),
    ...certificateRoutes(certificate),
    ...updateRoutes(updates ?? null, access),
    ...rollBackRoutes(view, access),
    ...supportRoutes(view, access),
    ...(config ? storageRoutes(() => foldersOf(view.config ?? config, updates)) : []),
  ];
  return table;
}
