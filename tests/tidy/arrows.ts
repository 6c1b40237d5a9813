import { isSource, isTest, type Offence, packageOf, type Rule, type SourceFile } from "./tree.ts";

/** Which packages of the workspace a package's sources may name. */
const LOWER_LAYERS: Readonly<Record<string, readonly string[]>> = {
  model: [],
  drivers: ["model"],
  sync: ["model"],
  gateway: ["model", "drivers", "sync"],
  web: ["gateway"],
};

const workspacePackageOf = (specifier: string) =>
  /^@headgate\/([^/]+)/.exec(specifier)?.[1] ?? null;

/** Arrows between packages run downwards only, and `model` stands on nothing. */
export const keepsLayers: Rule = (files) =>
  eachImport(files, (file, { specifier }) => {
    const from = packageOf(file.path);
    if (from === null || !isSource(file.path)) return null;
    if (from === "model" && !specifier.startsWith(".")) {
      return { what: `model imports ${specifier}`, todo: "model imports nothing; lend it instead" };
    }
    const to = workspacePackageOf(specifier);
    if (to === null) return null;
    if (to === from) {
      return { what: `${specifier} from inside`, todo: "inside a package import the file" };
    }
    if (LOWER_LAYERS[from]?.includes(to)) return null;
    return { what: `${from} imports ${specifier}`, todo: "move what is shared into model" };
  });

/** A relative import stays inside its package; a wall is crossed by name. */
export const keepsWalls: Rule = (files) =>
  eachImport(files, (file, { specifier, target }) => {
    if (target === null || !specifier.startsWith(".")) return null;
    if (packageOf(target) === packageOf(file.path)) return null;
    return { what: `${specifier} crosses a package wall`, todo: "import the package by its name" };
  });

/** An `index.ts` is for those outside. */
export const importsNoBarrel: Rule = (files) =>
  eachImport(files, (file, { specifier, target }) => {
    if (!target?.endsWith("/index.ts") || !specifier.startsWith(".") || !isSource(file.path)) {
      return null;
    }
    return { what: `imports ${specifier}`, todo: "import the file that declares the name" };
  });

const PURE =
  /^packages\/(gateway\/src\/(acquire\/|supervise\.ts)|sync\/src\/(block|drain|protocol)\/)/;
const OUTSIDE_WORLD =
  /^((node:)?(fs|net|tls|http|https|dgram|child_process|worker_threads)(\/|$)|mqtt|better-sqlite3)/;

/** What the simulator runs touches no socket and no file. */
export const keepsCoresPure: Rule = (files) =>
  eachImport(files, (file, { specifier }) => {
    if (!PURE.test(file.path) || isTest(file.path) || !OUTSIDE_WORLD.test(specifier)) return null;
    return { what: `a pure core imports ${specifier}`, todo: "let its caller do that" };
  });

const driverFolderOf = (path: string) =>
  /^packages\/drivers\/src\/([^/]+)\//.exec(path)?.[1] ?? null;

/** Protocols do not know each other. A folder without a driver is there for all of them. */
export const keepsDriversApart: Rule = (files) => {
  const drivers = new Set(
    files.filter(({ path }) => path.endsWith("/driver.ts")).map(({ path }) => driverFolderOf(path)),
  );
  return eachImport(files, (file, { target }) => {
    const from = driverFolderOf(file.path);
    const to = target && driverFolderOf(target);
    if (!from || !to || from === to || !drivers.has(to)) return null;
    return { what: `${from} imports driver ${to}`, todo: "give what is shared a folder" };
  });
};

/** Who embeds the gateway hands it drivers and uplinks: only the box, `main.ts`, names them. */
export const namesDriversInTheBoxOnly: Rule = (files) => {
  const embedded = reachable(files, ["packages/gateway/src/index.ts"]);
  return eachImport(files, (file, { specifier }) => {
    if (packageOf(file.path) !== "gateway" || !embedded.has(file.path)) return null;
    if (!/^@headgate\/(drivers|sync\/uplink)/.test(specifier)) return null;
    return { what: `names ${specifier}`, todo: "name it in catalogue.ts; others are handed it" };
  });
};

/** No file may, through others, import itself; `import type` counts. */
export const hasNoCircle: Rule = (files) => {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const done = new Set<string>();
  const way: string[] = [];
  const offences: Offence[] = [];
  const visit = (path: string) => {
    if (done.has(path)) return;
    way.push(path);
    for (const { target, line } of byPath.get(path)?.imports ?? []) {
      if (target === null) continue;
      const start = way.indexOf(target);
      if (start < 0) visit(target);
      else {
        const what = `circle ${[...way.slice(start), target].join(" → ")}`;
        offences.push({ path, line, what, todo: "move what both need into a file below" });
      }
    }
    way.pop();
    done.add(path);
  };
  for (const { path } of files) visit(path);
  return offences;
};

/** Every source file is used by an entry of its package, every testing file by one or a test. */
export const hasNoDeadFile: Rule = (files) => {
  const entries = files.flatMap(({ path, text }) => {
    const folder = /^(packages\/[^/]+\/)?(package\.json|tsup\.config\.ts|index\.html)$/.exec(path);
    if (!folder) return [];
    const named = text.matchAll(/(packages\/[^/]+\/)?(src|testing)\/[\w./-]+\.ts/g);
    return [...named].map(([name, from]) => (from ? name : `${folder[1] ?? ""}${name}`));
  });
  const used = reachable(files, entries);
  const tests = files.map(({ path }) => path).filter((path) => isTest(path));
  const usedByTests = reachable(files, [...entries, ...tests]);
  return files.flatMap(({ path, ast }) => {
    if (
      !ast ||
      isTest(path) ||
      path.endsWith(".d.ts") ||
      !/^packages\/[^/]+\/(src|testing)\//.test(path)
    )
      return [];
    const isUsed = isSource(path) ? used.has(path) : usedByTests.has(path);
    if (isUsed) return [];
    const todo = "delete it, or import it from where it is needed";
    return [{ path, line: 1, what: "no entry of the package leads here", todo }];
  });
};

function reachable(files: readonly SourceFile[], from: readonly string[]): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const open = [...from];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (seen.has(path)) continue;
    seen.add(path);
    for (const { target } of byPath.get(path)?.imports ?? []) if (target) open.push(target);
  }
  return seen;
}

type Judge = (
  file: SourceFile,
  imported: SourceFile["imports"][number],
) => Pick<Offence, "what" | "todo"> | null;

function eachImport(files: readonly SourceFile[], judge: Judge): Offence[] {
  return files.flatMap((file) =>
    file.imports.flatMap((imported) => {
      const found = judge(file, imported);
      return found ? [{ path: file.path, line: imported.line, ...found }] : [];
    }),
  );
}
