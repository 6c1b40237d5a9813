// What the technician's page knows of the gateway: shapes of answers, and nothing that runs.
import type { z } from "zod";
import type { certificateSchema } from "./audit-routes.ts";
import type { checkSchema, versionSchema } from "./config-routes.ts";
import type { additionSchema, findSchema, placesSchema } from "./find-schemas.ts";
import type { inspectReportSchema } from "./line-schemas.ts";
import type { pictureSchema } from "./picture-routes.ts";
import type { rollBackSchema } from "./roll-back-routes.ts";
import type { sessionSchema } from "./session-routes.ts";
import type { storageSchema } from "./storage-routes.ts";
import type { logSchema } from "./support-routes.ts";
import type { itemSchema } from "./trial-routes.ts";
import type { updateSchema } from "./update-routes.ts";
import type { uplinkStepSchema } from "./uplink-test-routes.ts";

export type { AuditAction, AuditEntry } from "../../access/audit-log.ts";
export type { Profile } from "../../config/profile-schema.ts";
export type { UnitCounters } from "../../line/line-meter.ts";
export type { FrameView } from "../../line/line-view.ts";
export type {
  BufferSummary,
  ChannelStatus,
  ConfigStatus,
  GatewayStatus,
  PointView,
  UplinkStatus,
} from "../../status.ts";
export type { PartState } from "../../supervise.ts";
export type { WriteOutlook, WriteReport } from "../../writes/write-record.ts";
export type { Problem } from "./api-problem.ts";
export type { DeviceView } from "./device-routes.ts";
export type { ConfigDraft } from "./draft.ts";
export type { PointHistoryView } from "./history-schemas.ts";
export type { Meanings, ProfileSummary } from "./profile-routes.ts";
export type { ServerCertificate } from "./server-certificate-routes.ts";
export type { ApiToken, NewApiToken } from "./token-routes.ts";
export type { OpenSession, User } from "./user-routes.ts";
export type FindDraft = z.infer<typeof additionSchema>;
export type Find = z.infer<typeof findSchema>;
export type FindPlaces = z.infer<typeof placesSchema>;
export type UplinkStep = z.infer<typeof uplinkStepSchema>;
export type ConfigCheck = z.infer<typeof checkSchema>;
export type ConfigVersion = z.infer<typeof versionSchema>;
export type TrialItem = z.infer<typeof itemSchema>;
export type Picture = z.infer<typeof pictureSchema>;
export type Session = z.infer<typeof sessionSchema>;
export type InspectAnswer = z.infer<typeof inspectReportSchema>;
export type UpdateAnswer = z.infer<typeof updateSchema>;
export type RollBack = z.infer<typeof rollBackSchema>;
export type Storage = z.infer<typeof storageSchema>;
export type Certificate = z.infer<typeof certificateSchema>;
export type Log = z.infer<typeof logSchema>;
