import { createHash } from "node:crypto";

const style = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
details { border: 1px solid #8886; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; min-height: 2rem; } code, pre { font-family: ui-monospace, monospace; }
pre { background: #8881; overflow: auto; padding: .6rem; border-radius: 6px; font-size: .85rem; }
.method { display: inline-block; min-width: 4.5rem; font-weight: 700; }
.quiet { opacity: .75; } td { padding: .1rem .8rem .1rem 0; vertical-align: top; }
`;

// Text of the document goes in as text, never as markup.
const script = `
"use strict";
const make = (name, className, ...children) => {
  const element = document.createElement(name);
  element.className = className;
  element.append(...children);
  return element;
};
const code = (value) => make("pre", "", JSON.stringify(value, null, 2));
const row = (name, ...cells) =>
  make("tr", "", ...[name, ...cells].map((cell) => make("td", "", cell)));
const place = { path: "in the path", query: "?query" };
const parameterRow = ({ name, in: where, required, description = "", schema }) =>
  row(make("code", "", name), place[where] + (required ? ", must be there" : ""),
    description + " " + JSON.stringify(schema));
const answerParts = ([status, { description, content = {} }]) =>
  Object.entries(content).flatMap(([type, { schema }]) => [
    make("p", "", make("b", "", status), " " + type + " "),
    ...(status === "200" ? [code(schema)] : [make("pre", "quiet", description)]),
  ]);
const operationPart = (path, method, operation) => {
  const { summary, parameters, requestBody, responses } = operation;
  const rule = "role: " + operation["x-role"] + " · csrf: " + operation["x-csrf"]
    + " · rate: " + operation["x-rate"];
  const head = make("summary", "", make("span", "method", method.toUpperCase()),
    make("code", "", path), " ", make("span", "quiet", summary));
  const part = make("details", "", head, make("p", "quiet", rule));
  if (parameters.length) part.append(make("table", "", ...parameters.map(parameterRow)));
  if (requestBody) {
    part.append(make("p", "", make("b", "", "body")));
    part.append(code(Object.values(requestBody.content)[0].schema));
  }
  part.append(...Object.entries(responses).flatMap(answerParts));
  return part;
};
const draw = ({ info, paths, components }) => {
  const main = document.querySelector("main");
  main.textContent = "";
  main.append(make("h1", "", info.title + " API " + info.version));
  main.append(make("p", "", info.description));
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      main.append(operationPart(path, method, operation));
    }
  }
  main.append(make("h2", "", "Shapes"));
  for (const [name, schema] of Object.entries(components.schemas)) {
    const part = make("details", "", make("summary", "", make("code", "", name)), code(schema));
    part.id = name;
    main.append(part);
  }
};
fetch("openapi.json").then((answer) => answer.json()).then(draw);
`;

const hashOf = (text: string) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** The API for people: drawn from the document that programs read. */
export const docsPage: { readonly html: string; readonly contentSecurityPolicy: string } = {
  html: `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headgate API</title>
<style>${style}</style>
</head>
<body>
<main><p>The document: <a href="openapi.json">openapi.json</a></p></main>
<script>${script}</script>
</body>
</html>
`,
  contentSecurityPolicy: [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; "),
};
