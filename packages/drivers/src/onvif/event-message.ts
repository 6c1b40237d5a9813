import { withoutPrefixes } from "./address.ts";
import { allNamed, find, textAt, type XmlElement } from "./xml.ts";

/** One notification of a camera. */
export interface EventMessage {
  /** Without name-space prefixes: "RuleEngine/CellMotionDetector/Motion". */
  readonly topic: string;
  /** The tokens of its source: the video source, the rule, the input. */
  readonly sources: readonly string[];
  /** Initialized and Deleted tell of a state; Changed, also for want of a word, of an event. */
  readonly operation: "Initialized" | "Changed" | "Deleted";
  /** By the camera's clock; undefined if it gives no readable time. */
  readonly cameraTimeMs: number | undefined;
  /** The state or the data, as the first item that says something. */
  readonly value: boolean | string;
}

/** What cameras call the item that is the state, in the order of our trust. */
const STATE_NAMES = ["IsMotion", "LogicalState", "State", "Motion", "active", "Value"];
const TRUE = /^(true|1|active|on)$/i;
const FALSE = /^(false|0|inactive|off)$/i;

/** The notifications in an answer to PullMessages; those without a topic are left out. */
export function parseMessages(response: XmlElement): EventMessage[] {
  return allNamed(response, "NotificationMessage").flatMap((notification) => {
    const topic = withoutPrefixes(textAt(notification, "Topic") ?? "");
    const message = find(notification, "Message", "Message");
    if (!topic || !message) return [];
    const cameraTimeMs = Date.parse(message.attributes.UtcTime ?? "");
    return {
      topic,
      sources: items(message, "Source").map(([, value]) => value),
      operation: operationOf(message.attributes.PropertyOperation),
      cameraTimeMs: Number.isNaN(cameraTimeMs) ? undefined : cameraTimeMs,
      value: stateOf(items(message, "Data")),
    };
  });
}

type Item = readonly [name: string, value: string];

function items(message: XmlElement, part: "Source" | "Data"): Item[] {
  return allNamed(find(message, part), "SimpleItem").map(
    ({ attributes }) => [attributes.Name ?? "", attributes.Value ?? ""] as const,
  );
}

function stateOf(data: readonly Item[]): boolean | string {
  const named = STATE_NAMES.map((known) => data.find(([name]) => name === known));
  // Without any data the event is that it happened.
  const [, value] = named.find((item) => item !== undefined) ?? data[0] ?? ["", "true"];
  if (TRUE.test(value)) return true;
  if (FALSE.test(value)) return false;
  return value;
}

function operationOf(text: string | undefined): EventMessage["operation"] {
  return text === "Initialized" || text === "Deleted" ? text : "Changed";
}
