/** A JSON Schema, as far as values are made of it. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required?: boolean;
  readonly schema: Schema;
}

/** What one route of the document takes, and may answer. */
export interface Operation {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly rate: string;
  readonly csrf: "token" | "origin" | "none";
  readonly parameters: readonly Parameter[];
  readonly body: Schema | null;
  readonly statuses: ReadonlySet<number>;
}

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { schema: Schema }>> };
  readonly responses: Readonly<Record<string, unknown>>;
  readonly "x-csrf": Operation["csrf"];
  readonly "x-rate": string;
}

/** Every route of an OpenAPI document: a new one is asked as soon as it is served. */
export function operationsOf({ paths }: Document): readonly Operation[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([word, described]): Operation => {
      const method = word.toUpperCase();
      const { parameters = [], requestBody, responses } = described;
      return {
        ...{ name: `${method} ${path}`, method, path, parameters },
        rate: described["x-rate"],
        csrf: described["x-csrf"],
        body: requestBody?.content["application/json"]?.schema ?? null,
        statuses: new Set(Object.keys(responses).map(Number)),
      };
    }),
  );
}
