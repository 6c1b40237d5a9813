import {
  describeError,
  missing,
  type PointId,
  Refused,
  type Sample,
  Unreachable,
} from "@headgate/model";
import { findProfiles, findSnapshot, profileToken } from "./profiles.ts";
import type { CameraParts } from "./services.ts";
import { fetchSnapshot, toMedia } from "./snapshot.ts";

/** Takes a picture for a point. Rejects with `Unreachable` only if the camera is gone. */
export type TakeSnapshot = (
  pointId: PointId,
  profile: string,
  signal: AbortSignal,
) => Promise<Sample>;

/** Keeps in mind where each profile's picture is, until it is not there. */
export function createSnapshots({ camera, services, config, context }: CameraParts): TakeSnapshot {
  const { clock } = context;
  const places = new Map<string, URL>();
  let profiles: readonly string[] | undefined;

  const placeOf = async (profile: string, signal: AbortSignal): Promise<URL> => {
    const given = config.snapshotUri[profile];
    if (given !== undefined) return new URL(given, camera.deviceUrl);
    const known = places.get(profile);
    if (known) return known;
    profiles ??= await findProfiles(camera, services, signal);
    const token = profileToken(profiles, profile);
    const place = await findSnapshot(camera, services, { token, signal });
    if (place.isLasting) places.set(profile, place.url);
    return place.url;
  };

  return async (pointId, profile, signal) => {
    const url = await placeOf(profile, signal);
    const limits = { timeoutMs: config.timeout, bytesMax: config.snapshotBytesMax, signal };
    try {
      const bytes = await fetchSnapshot(camera.login, url, limits);
      const timestampMs = clock.nowMs();
      const media = toMedia(pointId, bytes, timestampMs);
      return { pointId, timestampMs, quality: "good", value: media.name, media };
    } catch (error) {
      const isOutage = error instanceof Unreachable;
      if (!isOutage && !(error instanceof Refused)) throw error;
      places.delete(profile);
      // Is the picture gone, or the camera? If the camera is, this rejects.
      if (isOutage) await camera.refreshClock(signal);
      const reason = `snapshot of ${url.host}${url.pathname}: ${describeError(error)}`;
      return missing(pointId, clock.nowMs(), reason);
    }
  };
}
