/** Markup that is safe as it stands. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type Part = Html | string | number | null | readonly Part[];

/** Markup with places for parts: text of others is shown, never run. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const filled = strings.map((text, index) => text + textOf(parts[index] ?? null));
  return new Html(filled.join(""));
}

function textOf(part: Part): string {
  if (part === null) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return escaped(String(part));
}

const SIGNS: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? sign);
}

/** A table that scrolls by itself where it is wider than the window; a cell is a word or markup. */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Part[])[],
): Html {
  const head = heads.map((text) => html`<th scope="col">${text}</th>`);
  const lines = rows.map(([first = null, ...rest]) => {
    const cells = rest.map((part) => html`<td>${part}</td>`);
    return html`<tr><th scope="row">${first}</th>${cells}</tr>
`;
  });
  return html`<div class="wide" tabindex="0" role="region" aria-label="${caption}"><table>
<thead><tr>${head}</tr></thead>
<tbody>${lines}</tbody></table></div>`;
}
