import { Refused } from "@headgate/model";
import { type Camera, deviceOperation } from "./camera.ts";
import type { Services } from "./services.ts";
import { allNamed, escapeXml, find, textAt, type XmlElement } from "./xml.ts";

/** Where a profile's picture is. */
export interface SnapshotPlace {
  readonly url: URL;
  /** False if the camera says that the address is good for one request. */
  readonly isLasting: boolean;
}

const MEDIA = "http://www.onvif.org/ver10/media/wsdl";
const MEDIA2 = "http://www.onvif.org/ver20/media/wsdl";

/** Tokens of the camera's profiles, in its order: the first is the main one. */
export async function findProfiles(
  camera: Camera,
  services: Services,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const body = await camera.call(mediaOperation(services, "GetProfiles", ""), signal);
  const tokens = allNamed(body, "Profiles").map(({ attributes }) => attributes.token ?? "");
  const named = tokens.filter((token) => token !== "");
  if (named.length === 0) throw new Refused("camera has no media profile");
  return named;
}

/** The token that "main", "sub" or a token means; sub is main on a camera with one profile. */
export function profileToken(profiles: readonly string[], profile: string): string {
  const [main = "", sub = main] = profiles;
  if (profile === "main") return main;
  if (profile === "sub") return sub;
  if (profiles.includes(profile)) return profile;
  throw new Refused(`camera has no profile "${profile}"; it has ${profiles.join(", ")}`);
}

/** Asks the camera where the picture of a profile is. */
export async function findSnapshot(
  camera: Camera,
  services: Services,
  { token, signal }: { token: string; signal: AbortSignal },
): Promise<SnapshotPlace> {
  const inner = `<ProfileToken>${escapeXml(token)}</ProfileToken>`;
  const body = await camera.call(mediaOperation(services, "GetSnapshotUri", inner), signal);
  // Version 1 wraps the address, version 2 does not.
  const wrapped: XmlElement | undefined = find(body, "MediaUri");
  const uri = textAt(wrapped ?? body, "Uri");
  if (!uri || !URL.canParse(uri)) throw new Refused("camera names no snapshot address");
  const url = services.reach(uri);
  return { url, isLasting: textAt(wrapped, "InvalidAfterConnect") !== "true" };
}

/** By version 1 where there is one: more cameras get it right. */
function mediaOperation({ media, media2 }: Services, name: string, inner: string) {
  const url = media ?? media2;
  if (!url) throw new Refused("camera offers no media service");
  const namespace = media ? MEDIA : MEDIA2;
  return {
    ...deviceOperation(url, name),
    action: `${namespace}/${name}`,
    body: `<${name} xmlns="${namespace}">${inner}</${name}>`,
  };
}
