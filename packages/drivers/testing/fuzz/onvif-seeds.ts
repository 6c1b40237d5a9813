// What cameras say when all is well, and what their XML is made of.

const DEVICE = "http://www.onvif.org/ver10/device/wsdl";
const MEDIA = "http://www.onvif.org/ver10/media/wsdl";
const EVENTS = "http://www.onvif.org/ver10/events/wsdl";
const CAMERA = "http://192.168.1.9/onvif";

const envelope = (body: string) =>
  '<?xml version="1.0" encoding="UTF-8"?><s:Envelope ' +
  'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tt="http://www.onvif.org/ver10/schema" ' +
  'xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:wsnt="http://docs.oasis-open.org/wsn/b-2">' +
  `<s:Header/><s:Body>${body}</s:Body></s:Envelope>`;

const service = (namespace: string, path: string) =>
  `<Service><Namespace>${namespace}</Namespace><XAddr>${CAMERA}/${path}</XAddr></Service>`;

const SERVICES =
  `<GetServicesResponse xmlns="${DEVICE}">${service(DEVICE, "device_service")}` +
  `${service(MEDIA, "media")}${service(EVENTS, "events")}</GetServicesResponse>`;

const PROFILES =
  `<GetProfilesResponse xmlns="${MEDIA}"><Profiles token="main"><tt:Name>主</tt:Name></Profiles>` +
  '<Profiles token="sub"/></GetProfilesResponse>';

const SNAPSHOT =
  `<GetSnapshotUriResponse xmlns="${MEDIA}"><MediaUri><tt:Uri>${CAMERA}/snap?a=1&amp;b=2</tt:Uri>` +
  "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect></MediaUri></GetSnapshotUriResponse>";

const SUBSCRIPTION =
  `<CreatePullPointSubscriptionResponse xmlns="${EVENTS}"><SubscriptionReference>` +
  `<wsa:Address>${CAMERA}/subscription</wsa:Address><wsa:ReferenceParameters>` +
  '<x:Id xmlns:x="urn:x">&#52;2</x:Id></wsa:ReferenceParameters></SubscriptionReference>' +
  "<wsnt:CurrentTime>2026-01-02T03:04:05Z</wsnt:CurrentTime>" +
  "<wsnt:TerminationTime>2026-01-02T03:06:05Z</wsnt:TerminationTime>" +
  "</CreatePullPointSubscriptionResponse>";

const MESSAGES =
  `<PullMessagesResponse xmlns="${EVENTS}"><wsnt:NotificationMessage>` +
  "<wsnt:Topic>tns1:RuleEngine/CellMotionDetector/Motion</wsnt:Topic><wsnt:Message>" +
  '<tt:Message UtcTime="2026-01-02T03:04:05Z" PropertyOperation="Changed"><tt:Source>' +
  '<tt:SimpleItem Name="Source" Value="1"/></tt:Source><tt:Data>' +
  '<tt:SimpleItem Name="IsMotion" Value="true"/></tt:Data></tt:Message></wsnt:Message>' +
  "</wsnt:NotificationMessage><![CDATA[ x ]]><!-- y --></PullMessagesResponse>";

const FAULT =
  "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:NotAuthorized</s:Value>" +
  "</s:Subcode></s:Code><s:Reason><s:Text>Not Authorized</s:Text></s:Reason></s:Fault>";

/** In the order in which a gateway asks; the last is a refusal. */
export const SOAP_ANSWERS: readonly string[] = [
  ...[SERVICES, PROFILES, SNAPSHOT, SUBSCRIPTION, MESSAGES, FAULT],
].map(envelope);

const matches = (inner: string) =>
  envelope(
    '<d:ProbeMatches xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery">' +
      `<d:ProbeMatch>${inner}</d:ProbeMatch></d:ProbeMatches>`,
  );

export const DISCOVERY: readonly string[] = [
  matches("<d:XAddrs>http://192.168.1.9/onvif/device_service http://[fe80::1]/x</d:XAddrs>"),
  matches("<d:XAddrs>https://a.b:8443/onvif http://169.254.1.1/</d:XAddrs><d:Scopes/>"),
];

export const XML_WORDS: readonly string[] = [
  "<",
  ">",
  "/>",
  "</",
  "&constructor;",
  "&#xD800;",
  "&#1114112;",
  "&lt",
  "<![CDATA[",
  "]]>",
  "<!--",
  "-->",
  "<?",
  "<!DOCTYPE x [<!ENTITY y 'z'>]>",
  "<constructor:Id>",
  "</constructor:Id>",
  'xmlns:__proto__="x"',
  ' xmlns=""',
  ' a="b"',
  "'",
  '"',
  "<a>".repeat(60),
  "<s:Fault/>",
  "http://[",
  "//",
  "PT",
];

export const CHALLENGES: readonly string[] = [
  'Digest realm="Camera", nonce="dcd98b7102dd2f0e8b11d0f6", qop="auth,auth-int", algorithm=MD5',
  'Digest realm="a \\"b\\"", nonce="x", opaque="y", algorithm=SHA-256-sess, Basic realm="c"',
  'Basic realm="camera"',
];
