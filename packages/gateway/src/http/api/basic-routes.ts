import { z } from "zod";
import type { Lang } from "../../config/messages.ts";
import type { GatewayStatus, GatewayView } from "../../status.ts";
import { addressOf, type BasicScreen, type Reader } from "../basic/frame.ts";
import type { Html } from "../basic/html.ts";
import { askedPoints, pointsBody, pointTable } from "../basic/points.ts";
import { siteTime } from "../basic/said.ts";
import { alarmsBody, devicesBody, overviewBody, uplinksBody } from "../basic/screens.ts";
import { type Words, wordsIn } from "../basic/texts.ts";
import type { Site } from "../site.ts";
import { HTML, pageReply, refusalOf } from "./basic-page.ts";
import { viewDevices } from "./device-routes.ts";
import { type Asked, type Reply, type Route, route } from "./route.ts";
import { statusOf } from "./status-routes.ts";

const PAGE = {
  method: "GET",
  role: "viewer",
  csrf: "none",
  rate: "bulk",
  answer: HTML,
  problems: ["starting"],
} as const;

/** More bad points than a person reads at once. */
const BAD_MAX = 50;
const LAST_PAGE = 1_000;

const live = z.enum(["1"]).optional().meta({ description: "Loads itself again every 15 s" });
const query = z.strictObject({ live });
const pointsQuery = z.strictObject({
  live,
  page: z.coerce.number().int().min(1).max(LAST_PAGE).default(1),
  search: z.string().max(200).default("").meta({ description: "In id, name or unit" }),
  show: z.enum(["all", "abnormal"]).default("all"),
});

/** The gateway as pages of HTML, for browsers that are too old or run no scripts. */
export function basicRoutes(view: GatewayView, site: Site): readonly Route[] {
  const ruleOf = (name: BasicScreen) => ({
    ...PAGE,
    path: name === "overview" ? "/basic" : `/basic/${name}`,
    summary: `${SUMMARIES[name]}, as HTML without a script`,
    refusal: refusalOf(site, name === "overview"),
  });
  const plain = (name: keyof typeof BODIES) =>
    route({
      ...ruleOf(name),
      query,
      handle: async (asked) => {
        const shown = shownOf(view, asked);
        return screenReply({ name, body: BODIES[name](shown), site }, shown);
      },
    });
  return [
    plain("overview"),
    plain("devices"),
    route({
      ...ruleOf("points"),
      query: pointsQuery,
      handle: async (asked) => {
        const shown = shownOf(view, asked);
        const { nowMs, words, lang } = shown;
        const { search, show } = asked.query;
        const linkOf = (number: number) =>
          addressOf(BELOW, "points", { lang, search, show, page: `${number}` });
        const found = askedPoints(view.points(), asked.query, nowMs);
        const body = pointsBody(found, asked.query, { words, nowMs, linkOf });
        return screenReply({ name: "points", body, site }, shown);
      },
    }),
    plain("uplinks"),
    plain("alarms"),
  ];
}

/** Below "/basic/". */
const BELOW = { isTop: false };

/** What a screen is made of. */
interface Shown {
  readonly view: GatewayView;
  readonly status: GatewayStatus;
  readonly nowMs: number;
  readonly words: Words;
  readonly lang: Lang;
  readonly asked: Question;
}

function shownOf(view: GatewayView, asked: Question): Shown {
  const status = statusOf(view);
  const { lang } = asked;
  return { view, status, nowMs: status.atMs, words: wordsIn(lang), lang, asked };
}

const BODIES = {
  overview: ({ status, words }: Shown) => overviewBody(status, words),
  devices: ({ view, status, words, lang }: Shown) => {
    const devices = view.config ? viewDevices(view, view.config) : [];
    const linkOf = (id: string) => addressOf(BELOW, "points", { lang, search: `${id}/` });
    return devicesBody(status, devices, words, linkOf);
  },
  uplinks: ({ status, words }: Shown) => uplinksBody(status, words),
  alarms: ({ view, status, nowMs, words }: Shown) => {
    const bad = view.points().filter(({ quality }) => quality === "bad");
    const first = bad.slice(0, BAD_MAX).map((point) => ({ point, mark: "bad" as const }));
    return alarmsBody(status, words, pointTable(first, words, nowMs));
  },
};

interface Screen {
  readonly name: BasicScreen;
  readonly body: Html;
  readonly site: Site;
}

function screenReply({ name, body, site }: Screen, { status, words, lang, asked }: Shown): Reply {
  const { gateway, atMs } = status;
  const { session, name: who } = asked.caller;
  const { live: isLive, ...rest } = asked.query;
  const reader: Reader = {
    ...{ lang, mayLogIn: site.whoAsks === null, isLive: isLive !== undefined },
    login: session && { name: who, csrf: session.csrf },
  };
  const page = {
    ...{ screen: name, isTop: name === "overview", title: words.say(name), body },
    ...{ gatewayName: gateway.name || gateway.id, query: texts(rest) },
    time: siteTime(atMs, gateway.timezone),
  };
  return pageReply(page, reader);
}

type Question = Asked<unknown, Readonly<Record<string, string | number | undefined>>, unknown>;

const SUMMARIES: Readonly<Record<BasicScreen, string>> = {
  overview: "From the field to upstream",
  devices: "Devices and channels",
  points: "Points, abnormal first, a hundred on a page",
  uplinks: "Uplinks and the buffer",
  alarms: "What is wrong now",
};

function texts(query: Readonly<Record<string, string | number | undefined>>) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  return Object.fromEntries(given.map(([key, value]) => [key, `${value}`]));
}
