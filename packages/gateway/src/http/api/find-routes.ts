import { Misconfigured } from "@headgate/model";
import { z } from "zod";
import type { Access } from "../../access/access.ts";
import type { GatewayConfig } from "../../config/config.ts";
import type { Configuration } from "../../configuration/configuration.ts";
import { additionEdits, standingsOf } from "../../find/addition.ts";
import type { Finder } from "../../find/finder.ts";
import { draftOf } from "./draft.ts";
import { additionSchema, findSchema, placesSchema } from "./find-schemas.ts";
import { type Route, type Rule, route } from "./route.ts";

const PLACES_MAX = 64;
const PICKS_MAX = 500;

const LOOK = {
  method: "GET",
  role: "technician",
  csrf: "none",
  rate: "read",
} as const satisfies Partial<Rule>;
const WORK = {
  role: "technician",
  csrf: "token",
  rate: "work",
  problems: ["misconfigured", "refused"],
} as const satisfies Partial<Rule>;

const words = (max: number) => z.array(z.string().min(1).max(200)).max(max).default([]);
const wish = z.strictObject({
  ports: words(PLACES_MAX).meta({ description: "Serial ports: /dev/ttyUSB0" }),
  networks: words(PLACES_MAX).meta({ description: "192.168.1.0/24" }),
  places: z
    .string()
    .max(2000)
    .default("")
    .meta({ description: "192.168.1.10, plc:5020, opc.tcp://plc:4840, with commas between" }),
  depth: z
    .enum(["usual", "all"])
    .default("usual")
    .meta({ description: "usual: unit ids 1 to 32, on networks those that are likely" }),
});

const pick = z.strictObject({
  key: z.string(),
  name: z.string().max(100).default(""),
  profile: z.string().max(200).nullable().default(null),
  variant: z.string().max(200).nullable().default(null),
  address: z
    .string()
    .max(200)
    .default("")
    .meta({ description: "Without a profile: of the point that it begins with" }),
  username: z.string().max(200).default(""),
  password: z.string().max(200).default(""),
});

export interface FindParts {
  readonly finder: Finder;
  readonly configuration: Configuration;
  readonly access: Access;
  readonly configOf: () => GatewayConfig;
}

/** Routes that look for devices and add them: `/api/find/…`. Nothing is asked by itself. */
export function findRoutes({ finder, configuration, access, configOf }: FindParts): Route[] {
  const sections = () => configuration.texts.sections(configuration.version);
  const view = async () => {
    const { things = [], ...search } = finder.view() ?? NO_SEARCH;
    return { ...search, things: standingsOf(things, await sections()) };
  };
  return [
    route({
      ...LOOK,
      path: "/api/find/places",
      summary: "Serial ports and networks where devices may be looked for",
      answer: placesSchema,
      handle: async () => await finder.places(configOf()),
    }),
    route({
      ...LOOK,
      path: "/api/find",
      summary: "The search that runs or ran last: how far it is, and who was found",
      answer: findSchema,
      handle: view,
    }),
    route({
      ...WORK,
      method: "POST",
      path: "/api/find",
      summary: "Looks for devices there; only asks, takes turns with channels, one at a time",
      body: wish,
      answer: findSchema,
      handle: async ({ body, caller: { name: who, address } }) => {
        await finder.start(body, { config: configOf(), by: who });
        const detail = [...body.ports, ...body.networks, body.places].filter(Boolean).join(", ");
        await access.note({ who, address, action: "find.start", outcome: "done", detail });
        return await view();
      },
    }),
    route({
      ...WORK,
      method: "DELETE",
      path: "/api/find",
      summary: "Ends the search; what was found until then stays",
      answer: findSchema,
      handle: async () => {
        finder.stop();
        return await view();
      },
    }),
    draftRoute(finder, configuration),
  ];
}

function draftRoute(finder: Finder, configuration: Configuration): Route {
  return route({
    ...WORK,
    method: "POST",
    path: "/api/find/draft",
    summary: "The configuration with these found devices in it; changes nothing",
    body: z.strictObject({ picks: z.array(pick).min(1).max(PICKS_MAX) }),
    answer: additionSchema,
    handle: async ({ body, lang }) => {
      const things = finder.view()?.things ?? [];
      const sections = await configuration.texts.sections(configuration.version);
      const { edits, added, secrets } = additionEdits(things, body.picks, sections);
      if (edits.length === 0) throw new Misconfigured("nothing of that was found; look again");
      return {
        ...(await draftOf(configuration, edits, lang)),
        added,
        secrets: secrets.map((path) => [...path]),
      };
    },
  });
}

const NO_SEARCH = {
  ...{ id: 0, by: "", startedMs: 0, tookMs: 0, leftMs: null },
  ...{ state: "none" as const, tasks: [], things: [] },
};
