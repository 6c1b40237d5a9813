import { compareConfigs } from "../compare-configs.ts";
import { isMap } from "../config/check-shape.ts";
import type { Catalogue, GatewayConfig } from "../config/config.ts";
import { loadSource } from "../config/load.ts";
import type { Lang } from "../config/messages.ts";
import { readSaid, readSource, type Said } from "../config/source.ts";
import { changesBetween } from "./changes-between.ts";
import type { Change } from "./diff-config.ts";
import { type Draft, gistOf } from "./draft.ts";
import { type ConfigEdit, editText } from "./edit-text.ts";
import { bringBackSecrets, hideSecrets, withoutSecrets } from "./hidden-secrets.ts";
import { keepSecrets, type SecretPlace } from "./keep-secrets.ts";
import { knownSecrets } from "./known-secrets.ts";
import { movedSecrets } from "./moved-secrets.ts";
import { isRiskyChange } from "./probation.ts";

/** What could cut off whoever changes it. */
const RISKY = /^(gateway(?!\.name$)|buffer|uplinks|web)(\.|$)/;

type Section = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** Channels and devices as the file has them; of devices all but their points. */
export interface Sections {
  readonly channels: Section;
  readonly devices: Section;
}

/** `directory` is where relative paths of the text start. */
interface Placed {
  readonly text: string;
  readonly directory: string;
}

export interface CheckWish extends Placed {
  /** What is in use. */
  readonly kept: string;
  readonly lang: Lang;
}

/**
 * All that takes as long as a text is large. Of texts and files alone, and told in what a message
 * to a thread can hold: whoever asks need not know where it is done.
 */
export interface TextWork {
  /** What a text would change, and what is wrong with it. */
  check(wish: CheckWish): Promise<Draft>;
  /** What a text means; null if it has mistakes. */
  load(wish: Placed): Promise<GatewayConfig | null>;
  /** The text with these edits. */
  edit(wish: { readonly text: string; readonly edits: readonly ConfigEdit[] }): Promise<string>;
  /** The text with references where secrets were typed, which are in files then. */
  keep(wish: Placed & { readonly places: readonly SecretPlace[] }): Promise<string>;
  /** The text without its secrets. */
  hide(wish: { readonly text: string }): Promise<string>;
  /** What it says, without its secrets. */
  say(wish: { readonly text: string }): Promise<unknown>;
  sections(wish: { readonly text: string }): Promise<Sections>;
  /** Every secret that it holds or refers to. */
  secrets(wish: Placed): Promise<readonly string[]>;
  changes(wish: { readonly text: string; readonly next: string }): Promise<readonly Change[]>;
}

/** Does it here and now. */
export function createTextWork(catalogue: Catalogue): TextWork {
  /** The text in use is compared with again and again. */
  let inUse: { readonly wish: Placed; readonly config: GatewayConfig | null } | null = null;
  const load = async ({ text, directory }: Placed) => {
    const options = { directory, lang: "en" } as const;
    return (await loadSource(readSource(text), catalogue, options)).config;
  };
  const meaningInUse = async (wish: Placed) => {
    const isKnown = inUse?.wish.text === wish.text && inUse.wish.directory === wish.directory;
    if (!isKnown || !inUse) inUse = { wish, config: await load(wish) };
    return inUse.config;
  };
  return {
    check: (wish) => checkText(wish, catalogue, meaningInUse),
    load,
    edit: async ({ text, edits }) => editText(text, edits),
    keep: ({ text, places, directory }) => keepSecrets(text, places, directory),
    hide: async ({ text }) => hideSecrets(text),
    say: async ({ text }) => withoutSecrets(readSaid(text)),
    sections: async ({ text }) => sectionsOf(readSaid(text)),
    secrets: ({ text, directory }) => knownSecrets(text, directory),
    changes: async ({ text, next }) => changesBetween(readSaid(text), readSaid(next)),
  };
}

async function checkText(
  { text: given, directory, kept: keptText, lang }: CheckWish,
  catalogue: Catalogue,
  meaningOf: (wish: Placed) => Promise<GatewayConfig | null>,
): Promise<Draft> {
  // Of a large text each reading takes long: one of each is enough.
  const kept = readSaid(keptText);
  const text = bringBackSecrets(given, keptText);
  const source = readSource(text);
  const { config, problems } = await loadSource(source, catalogue, { directory, lang });
  const changes = changesBetween(kept, source);
  const current = config && (await meaningOf({ text: keptText, directory }));
  const stops = current && compareConfigs(current, config);
  return {
    text,
    problems,
    gist: config && gistOf(config),
    gistBefore: current && gistOf(current),
    changes,
    isRisky: stops ? isRiskyChange(stops) : changes.some(({ path }) => RISKY.test(path)),
    stops,
    movedSecrets: movedSecrets(given === text ? source : readSaid(given), kept),
  };
}

function sectionsOf({ value }: Said): Sections {
  const { channels, devices } = isMap(value) ? value : {};
  const of = (section: unknown): Section => (isMap(section) ? (section as Section) : {});
  const withoutPoints = Object.entries(of(devices)).map(([id, device]) => {
    return [id, isMap(device) ? { ...device, points: undefined } : device] as const;
  });
  return { channels: of(channels), devices: Object.fromEntries(withoutPoints) };
}
