import { z } from "zod";
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

interface Shown {
  readonly status: GatewayStatus;
  readonly words: Words;
}

/** The gateway as pages of HTML, for browsers that are too old or run no scripts. */
export function basicRoutes(view: GatewayView, site: Site): readonly Route[] {
  const mayLogIn = site.whoAsks === null;
  const page = (screen: BasicScreen, asked: Question, bodyOf: (shown: Shown) => Html): Reply => {
    const { caller, lang, query } = asked;
    const words = wordsIn(lang);
    const status = statusOf(view);
    const { session, name } = caller;
    const { live: isLive, ...rest } = query;
    const reader: Reader = {
      ...{ lang, mayLogIn, isLive: isLive !== undefined },
      login: session && { name, csrf: session.csrf },
    };
    const { gateway, atMs } = status;
    const body = bodyOf({ status, words });
    const shown = { screen, isTop: screen === "overview", title: words.say(screen), body };
    const time = siteTime(atMs, gateway.timezone);
    const gatewayName = gateway.name || gateway.id;
    return pageReply({ ...shown, gatewayName, time, query: texts(rest) }, reader);
  };
  const screen = (name: BasicScreen) => ({
    ...PAGE,
    path: name === "overview" ? "/basic" : `/basic/${name}`,
    summary: `${SUMMARIES[name]}, as HTML without a script`,
    refusal: refusalOf(site, name === "overview"),
  });
  const below = { isTop: false };
  return [
    route({
      ...screen("overview"),
      query,
      handle: async (asked) =>
        page("overview", asked, ({ status, words }) => overviewBody(status, words)),
    }),
    route({
      ...screen("devices"),
      query,
      handle: async (asked) =>
        page("devices", asked, ({ status, words }) => {
          const devices = view.config ? viewDevices(view, view.config) : [];
          const linkOf = (id: string) =>
            addressOf(below, "points", { lang: asked.lang, search: `${id}/` });
          return devicesBody(status, devices, words, linkOf);
        }),
    }),
    route({
      ...screen("points"),
      query: pointsQuery,
      handle: async (asked) =>
        page("points", asked, ({ status: { atMs: nowMs }, words }) => {
          const { search, show } = asked.query;
          const linkOf = (number: number) =>
            addressOf(below, "points", { lang: asked.lang, search, show, page: `${number}` });
          const found = askedPoints(view.points(), asked.query, nowMs);
          return pointsBody(found, asked.query, { words, nowMs, linkOf });
        }),
    }),
    route({
      ...screen("uplinks"),
      query,
      handle: async (asked) =>
        page("uplinks", asked, ({ status, words }) => uplinksBody(status, words)),
    }),
    route({
      ...screen("alarms"),
      query,
      handle: async (asked) =>
        page("alarms", asked, ({ status, words }) => {
          const bad = view.points().filter(({ quality }) => quality === "bad");
          const shown = bad.slice(0, BAD_MAX).map((point) => ({ point, mark: "bad" as const }));
          return alarmsBody(status, words, pointTable(shown, words, status.atMs));
        }),
    }),
  ];
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
