import { Refused, systemClock } from "@headgate/model";
import type { Camera } from "../../src/onvif/camera.ts";
import { authorize, chooseChallenge, parseChallenges } from "../../src/onvif/digest.ts";
import { addressesIn } from "../../src/onvif/discover.ts";
import { createEventStates } from "../../src/onvif/event-states.ts";
import { findProfiles, findSnapshot } from "../../src/onvif/profiles.ts";
import { createPullPoint } from "../../src/onvif/pull-point.ts";
import { findServices } from "../../src/onvif/services.ts";
import { checkJpeg, mediaName } from "../../src/onvif/snapshot.ts";
import { parseSoap, soapRequest } from "../../src/onvif/soap.ts";
import { NotXml, type XmlElement } from "../../src/onvif/xml.ts";
import { vary } from "./damage.ts";
import { varyText } from "./damage-text.ts";
import { type FuzzRun, type FuzzTarget, target } from "./fuzz-target.ts";
import { CHALLENGES, DISCOVERY, SOAP_ANSWERS, XML_WORDS } from "./onvif-seeds.ts";
import { pick, type Random, randomBytes } from "./random.ts";

/** What cameras say, and what anybody sends who hears us call for them. */
export const ONVIF_TARGETS: readonly FuzzTarget[] = [
  target("onvif answers", beginAnswers),
  target("onvif conversations", beginConversations),
  target("onvif discovery", beginDiscovery),
  target("onvif logins", beginLogins),
  target("onvif pictures", beginPictures),
];

function beginAnswers(random: Random): FuzzRun<string> {
  return {
    make: () => varyText(random, { valid: SOAP_ANSWERS, words: XML_WORDS }),
    take(text) {
      const answer = parsed(text);
      if (answer === null) return "refusal";
      if (answer.kind === "fault") return typeof answer.reason === "string" ? "answer" : "wrong";
      // What a camera wants to be given back goes into the next request.
      const addressing = { to: "http://a/", action: "b", messageId: "c" };
      soapRequest("", { addressing: { ...addressing, referenceParameters: answer.body.children } });
      return "answer";
    },
  };
}

function parsed(text: string) {
  try {
    return parseSoap(text);
  } catch (error) {
    if (error instanceof NotXml) return null;
    throw error;
  }
}

/** A camera that answers each request with the next of these texts. */
function beginConversations(random: Random): FuzzRun<readonly string[]> {
  const seeds = { valid: SOAP_ANSWERS, words: XML_WORDS };
  const { signal } = new AbortController();
  return {
    make: () => [
      ...Array.from({ length: 5 }, (_, index) => {
        // Mostly the answer to what was asked: else nothing is reached behind the first.
        if (random(3) > 0) return SOAP_ANSWERS[index] as string;
        return varyText(random, { ...seeds, valid: [SOAP_ANSWERS[index] as string] });
      }),
    ],
    async take(texts) {
      let turn = 0;
      const camera = cameraOf(() => texts[turn++ % texts.length] as string);
      try {
        const services = await findServices(camera, signal);
        const [token = ""] = await findProfiles(camera, services, signal);
        await findSnapshot(camera, services, { token, signal });
        const { reach } = services;
        const place = { eventsUrl: camera.deviceUrl, reach, clock: systemClock };
        const point = await createPullPoint(camera, place, signal);
        const states = createEventStates(60_000);
        for (const message of await point.pull(1000, signal)) states.apply(message, turn);
        states.expire(1e9);
        return "answer";
      } catch (error) {
        if (error instanceof Refused) return "refusal";
        throw error;
      }
    },
  };
}

/** As `createCamera` makes one, without a network. */
function cameraOf(next: () => string): Camera {
  return {
    name: "camera",
    deviceUrl: new URL("http://127.0.0.1/onvif/device_service"),
    login: { send: () => Promise.reject(new Refused("no network")) },
    clockOffsetMs: () => 0,
    refreshClock: async () => 0,
    async call(): Promise<XmlElement> {
      const answer = parsed(next());
      if (answer?.kind === "answer") return answer.body;
      throw new Refused(answer?.reason ?? "no answer");
    },
  };
}

function beginDiscovery(random: Random): FuzzRun<string> {
  return {
    make: () => varyText(random, { valid: DISCOVERY, words: XML_WORDS }),
    take(text) {
      const urls = addressesIn(text);
      const odd = urls.find(({ protocol }) => !/^https?:$/.test(protocol));
      if (odd) throw new Error(`nobody can ask ${odd.href}`);
      return urls.length > 0 ? "answer" : "refusal";
    },
  };
}

function beginLogins(random: Random): FuzzRun<string> {
  const words = [
    'realm="',
    "nonce=",
    "qop=auth",
    "MD5-sess",
    "SHA-256",
    "Basic ",
    '\\"',
    ",,",
    "=",
  ];
  const demand = { username: "管理员", password: "b", method: "GET", path: "/", count: 1 };
  return {
    // A header's letters are bytes, and none of them controls anything: Node sees to that.
    make: () => varyText(random, { valid: CHALLENGES, words }).replace(/[^ -~\xa0-\xff]/g, "\xe4"),
    take(text) {
      const challenge = chooseChallenge(parseChallenges([text, text]));
      if (!challenge) return "refusal";
      const header = authorize(challenge, { ...demand, clientNonce: "0" });
      // It becomes a header of a request.
      new Headers({ authorization: header });
      return "answer";
    },
  };
}

function beginPictures(random: Random): FuzzRun<Buffer> {
  const picture = () =>
    Buffer.concat([
      Buffer.from("ffd8ffe0", "hex"),
      randomBytes(random, random(200)),
      Buffer.from("ffd9", "hex"),
      Buffer.alloc(random(3)),
    ]);
  const ids = ["gate/../x", "闸门/快照", "a", "..", "a/\u0000"];
  return {
    make: () => vary(random, picture),
    take(bytes) {
      const name = mediaName(pick(random, ids), random(2 ** 31));
      if (name.split("/").some((step) => /^\.*$/.test(step))) throw new Error(`named ${name}`);
      try {
        checkJpeg(bytes, "image/jpeg");
        return "answer";
      } catch (error) {
        if (error instanceof Refused) return "refusal";
        throw error;
      }
    },
  };
}
