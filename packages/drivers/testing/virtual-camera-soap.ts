import { escapeXml } from "../src/onvif/xml.ts";

/** What a virtual camera says it is. */
export interface VirtualIdentity {
  readonly manufacturer: string;
  readonly model: string;
  readonly firmware: string;
  readonly serial: string;
  readonly hardware: string;
}

/** A stream of a virtual camera, with its size. */
export interface VirtualProfile {
  readonly token: string;
  readonly name: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Names of the services that a virtual camera has, by their paths. */
export const SERVICES: Readonly<Record<string, string>> = {
  device: "http://www.onvif.org/ver10/device/wsdl",
  media: "http://www.onvif.org/ver10/media/wsdl",
  media2: "http://www.onvif.org/ver20/media/wsdl",
  events: "http://www.onvif.org/ver10/events/wsdl",
};

const NAMESPACES = [
  'xmlns:s="http://www.w3.org/2003/05/soap-envelope"',
  'xmlns:wsa5="http://www.w3.org/2005/08/addressing"',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"',
  'xmlns:trt="http://www.onvif.org/ver10/media/wsdl"',
  'xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"',
  'xmlns:tev="http://www.onvif.org/ver10/events/wsdl"',
  'xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2"',
  'xmlns:tt="http://www.onvif.org/ver10/schema"',
  'xmlns:tns1="http://www.onvif.org/ver10/topics"',
  'xmlns:ter="http://www.onvif.org/ver10/error"',
].join(" ");

/** A SOAP answer around a body. */
export function soapReply(body: string): string {
  return (
    `<?xml version="1.0" encoding="UTF-8"?><s:Envelope ${NAMESPACES}>` +
    `<s:Body>${body}</s:Body></s:Envelope>`
  );
}

/** A fault as ONVIF words it: `code` is "Sender" or "Receiver". */
export function soapFault(code: string, subcode: string, reason: string): string {
  return soapReply(
    `<s:Fault><s:Code><s:Value>s:${code}</s:Value><s:Subcode><s:Value>${subcode}</s:Value>` +
      `</s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">${escapeXml(reason)}</s:Text>` +
      "</s:Reason></s:Fault>",
  );
}

/** The answer to GetSystemDateAndTime. */
export function dateAndTime(timeMs: number): string {
  const at = new Date(timeMs);
  const parts = (names: readonly string[], values: readonly number[]) =>
    names.map((name, index) => `<tt:${name}>${values[index]}</tt:${name}>`).join("");
  const time = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()];
  const date = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
  return (
    "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>" +
    "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>" +
    "<tt:TimeZone><tt:TZ>UTC0</tt:TZ></tt:TimeZone><tt:UTCDateTime>" +
    `<tt:Time>${parts(["Hour", "Minute", "Second"], time)}</tt:Time>` +
    `<tt:Date>${parts(["Year", "Month", "Day"], date)}</tt:Date>` +
    "</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
  );
}

/** The answer to GetDeviceInformation. */
export function deviceInformation(identity: VirtualIdentity): string {
  return (
    "<tds:GetDeviceInformationResponse>" +
    `<tds:Manufacturer>${escapeXml(identity.manufacturer)}</tds:Manufacturer>` +
    `<tds:Model>${escapeXml(identity.model)}</tds:Model>` +
    `<tds:FirmwareVersion>${escapeXml(identity.firmware)}</tds:FirmwareVersion>` +
    `<tds:SerialNumber>${escapeXml(identity.serial)}</tds:SerialNumber>` +
    `<tds:HardwareId>${escapeXml(identity.hardware)}</tds:HardwareId>` +
    "</tds:GetDeviceInformationResponse>"
  );
}

/** The answer to GetServices. */
export function services(base: string, names: readonly string[]): string {
  const list = names.map(
    (name) =>
      `<tds:Service><tds:Namespace>${SERVICES[name]}</tds:Namespace>` +
      `<tds:XAddr>${base}/onvif/${name}_service</tds:XAddr>` +
      "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>",
  );
  return `<tds:GetServicesResponse>${list.join("")}</tds:GetServicesResponse>`;
}

/** The answer to GetCapabilities, which knows no media service of version 2. */
export function capabilities(base: string, names: readonly string[]): string {
  const at = (name: string) => `<tt:XAddr>${base}/onvif/${name}_service</tt:XAddr>`;
  const events =
    `<tt:Events>${at("events")}<tt:WSSubscriptionPolicySupport>false` +
    "</tt:WSSubscriptionPolicySupport><tt:WSPullPointSupport>true</tt:WSPullPointSupport>" +
    "<tt:WSPausableSubscriptionManagerInterfaceSupport>false" +
    "</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>";
  const media =
    `<tt:Media>${at("media")}<tt:StreamingCapabilities><tt:RTPMulticast>false` +
    "</tt:RTPMulticast></tt:StreamingCapabilities></tt:Media>";
  return (
    `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device>${at("device")}</tt:Device>` +
    (names.includes("events") ? events : "") +
    (names.includes("media") ? media : "") +
    "</tds:Capabilities></tds:GetCapabilitiesResponse>"
  );
}

/** The answer to GetProfiles, of version 1 or 2 of the media service. */
export function profiles(list: readonly VirtualProfile[], isVersion2: boolean): string {
  const prefix = isVersion2 ? "tr2" : "trt";
  const each = list.map(({ token, name, widthPx, heightPx }) => {
    const own = isVersion2 ? "tr2" : "tt";
    const encoder = isVersion2 ? "tr2:VideoEncoder" : "tt:VideoEncoderConfiguration";
    const source = isVersion2 ? "tr2:VideoSource" : "tt:VideoSourceConfiguration";
    const configuration =
      `<${source} token="video_1"><tt:Name>video_1</tt:Name><tt:UseCount>2</tt:UseCount>` +
      "<tt:SourceToken>source_1</tt:SourceToken>" +
      `<tt:Bounds x="0" y="0" width="1280" height="720"/></${source}>` +
      `<${encoder} token="enc-${token}"><tt:Name>enc-${token}</tt:Name>` +
      "<tt:UseCount>1</tt:UseCount><tt:Encoding>H264</tt:Encoding><tt:Resolution>" +
      `<tt:Width>${widthPx}</tt:Width><tt:Height>${heightPx}</tt:Height></tt:Resolution>` +
      `<tt:Quality>5</tt:Quality></${encoder}>`;
    const inner = isVersion2
      ? `<tr2:Configurations>${configuration}</tr2:Configurations>`
      : configuration;
    return (
      `<${prefix}:Profiles token="${token}" fixed="true">` +
      `<${own}:Name>${name}</${own}:Name>${inner}</${prefix}:Profiles>`
    );
  });
  return `<${prefix}:GetProfilesResponse>${each.join("")}</${prefix}:GetProfilesResponse>`;
}

/** The answer to GetVideoSources: one. */
export function videoSources(): string {
  return (
    '<trt:GetVideoSourcesResponse><trt:VideoSources token="source_1">' +
    "<tt:Framerate>25</tt:Framerate><tt:Resolution><tt:Width>1280</tt:Width>" +
    "<tt:Height>720</tt:Height></tt:Resolution></trt:VideoSources></trt:GetVideoSourcesResponse>"
  );
}

/** The answer to GetSnapshotUri, of version 1 or 2 of the media service. */
export function snapshotUri(uri: string, isVersion2: boolean): string {
  if (isVersion2) {
    const inner = `<tr2:Uri>${escapeXml(uri)}</tr2:Uri>`;
    return `<tr2:GetSnapshotUriResponse>${inner}</tr2:GetSnapshotUriResponse>`;
  }
  return (
    `<trt:GetSnapshotUriResponse><trt:MediaUri><tt:Uri>${escapeXml(uri)}</tt:Uri>` +
    "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>" +
    "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout>" +
    "</trt:MediaUri></trt:GetSnapshotUriResponse>"
  );
}

/** The times of a subscription, by the camera's clock. */
export interface Times {
  readonly nowMs: number;
  readonly endsAtMs: number;
}

/** The answer to CreatePullPointSubscription. */
export function pullPointCreated(address: string, times: Times): string {
  return (
    "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>" +
    `<wsa5:Address>${escapeXml(address)}</wsa5:Address></tev:SubscriptionReference>` +
    `<wsnt:CurrentTime>${stamp(times.nowMs)}</wsnt:CurrentTime>` +
    `<wsnt:TerminationTime>${stamp(times.endsAtMs)}</wsnt:TerminationTime>` +
    "</tev:CreatePullPointSubscriptionResponse>"
  );
}

/** The answer to PullMessages. */
export function pulledMessages(messages: readonly string[], times: Times): string {
  return (
    `<tev:PullMessagesResponse><tev:CurrentTime>${stamp(times.nowMs)}</tev:CurrentTime>` +
    `<tev:TerminationTime>${stamp(times.endsAtMs)}</tev:TerminationTime>` +
    `${messages.join("")}</tev:PullMessagesResponse>`
  );
}

/** The answer to Renew. */
export function renewed({ nowMs, endsAtMs }: Times): string {
  return (
    `<wsnt:RenewResponse><wsnt:TerminationTime>${stamp(endsAtMs)}</wsnt:TerminationTime>` +
    `<wsnt:CurrentTime>${stamp(nowMs)}</wsnt:CurrentTime></wsnt:RenewResponse>`
  );
}

function stamp(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
