import type { Part } from "./list-parts.ts";

/** The list of parts as CycloneDX 1.6 has it. The same parts give the same bytes. */
export function cycloneDxOf(parts: readonly Part[], { name, version }: Part): string {
  const components = parts.filter((part) => part.name !== name).map(componentOf);
  const component = { type: "application", "bom-ref": refOf({ name, version }), name, version };
  const document = {
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    version: 1,
    metadata: { component: { ...component, licenses: [{ license: { id: "Apache-2.0" } }] } },
    components,
  };
  return `${JSON.stringify(document, null, 1)}\n`;
}

function componentOf(part: Part) {
  const { name, version, licence, sha512 } = part;
  const slash = name.startsWith("@") ? name.indexOf("/") : -1;
  return {
    type: "library",
    "bom-ref": refOf(part),
    ...(slash > 0 && { group: name.slice(0, slash) }),
    name: name.slice(slash + 1),
    version,
    ...(sha512 !== null && { hashes: [{ alg: "SHA-512", content: sha512 }] }),
    licenses: licencesOf(licence),
    purl: refOf(part),
  };
}

function licencesOf(licence: string) {
  if (licence === "") return [];
  if (/[ ()]/.test(licence)) return [{ expression: licence.replace(/^\((.*)\)$/, "$1") }];
  return [{ license: { id: licence } }];
}

/** A package URL; it names the component within the document too. */
function refOf({ name, version }: Pick<Part, "name" | "version">): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
