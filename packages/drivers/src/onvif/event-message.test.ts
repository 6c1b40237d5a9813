import { describe, expect, it } from "vitest";
import { parseMessages } from "./event-message.ts";
import { parseXml } from "./xml.ts";

const AT = "2026-03-04T05:06:07Z";

/** An answer to PullMessages with the inside of one message, prefixes as this camera likes them. */
function pulled(topic: string, attributes: string, inner: string) {
  return parseMessages(
    parseXml(
      `<tev:PullMessagesResponse xmlns:tev="urn:t" xmlns:b="urn:b" xmlns:tt="urn:s">
        <tev:CurrentTime>${AT}</tev:CurrentTime>
        <b:NotificationMessage><b:Topic Dialect="d">${topic}</b:Topic>
          <b:ProducerReference/><b:Message><tt:Message UtcTime="${AT}" ${attributes}>${inner}
          </tt:Message></b:Message></b:NotificationMessage></tev:PullMessagesResponse>`,
    ),
  );
}

const item = (name: string, value: string) => `<tt:SimpleItem Name="${name}" Value="${value}"/>`;

describe("event messages", () => {
  it("reads a cell motion detector with several sources", () => {
    const source = item("VideoSourceConfigurationToken", "v1") + item("Rule", "MyMotion");
    const inner = `<tt:Source>${source}</tt:Source><tt:Data>${item("IsMotion", "true")}</tt:Data>`;
    const topic = "\n tns1:RuleEngine/CellMotionDetector/Motion ";
    expect(pulled(topic, 'PropertyOperation="Initialized"', inner)).toEqual([
      {
        topic: "RuleEngine/CellMotionDetector/Motion",
        sources: ["v1", "MyMotion"],
        operation: "Initialized",
        cameraTimeMs: Date.parse(AT),
        value: true,
      },
    ]);
  });

  it.each([
    ["LogicalState", "false", false],
    ["State", "1", true],
    ["LogicalState", "inactive", false],
    ["Temperature", "007", "007"],
  ])("reads %s=%s", (name, written, value) => {
    const [message] = pulled(
      "tns1:Device/Trigger/Relay",
      "",
      `<tt:Data>${item(name, written)}</tt:Data>`,
    );
    expect(message).toMatchObject({ value, operation: "Changed", sources: [] });
  });

  it("prefers the state to what stands before it", () => {
    const data = item("ObjectId", "0") + item("State", "true");
    expect(pulled("tns1:X/Y", "", `<tt:Data>${data}</tt:Data>`)[0]?.value).toBe(true);
  });

  it("an event without data has happened; an answer without messages holds none", () => {
    expect(pulled("tns1:Monitoring/Backup", "", "")[0]?.value).toBe(true);
    expect(parseMessages(parseXml("<PullMessagesResponse/>"))).toEqual([]);
  });
});
