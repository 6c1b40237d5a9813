const stage = (id: string) => `
      <li><section class="stage" id="stage-${id}" data-kind="none" aria-labelledby="name-${id}">
        <h2 id="name-${id}" data-text="${id}"></h2>
        <div class="figure">–</div>
        <div class="label quiet"></div>
        <div class="detail quiet"></div>
        <div class="problem" hidden>
          <div class="what"><span class="mark"></span><span></span></div>
          <p class="reason"></p>
          <p class="todo quiet"></p>
        </div>
        <div class="calm quiet" data-text="calm"></div>
      </section></li>`;

const column = (id: string) => `<th scope="col" class="${id}" data-text="${id}"></th>`;

const icon =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E" +
  "%3Cpath d='M2 1h2v14H2zm10 0h2v14h-2zM4 3h8v6H4zm0 9h8v2H4z' fill='%231f5fa8'/%3E%3C/svg%3E";

const stages = ["field", "points", "buffer", "upstream"].map(stage).join("");
const columns = ["point", "value", "quality", "age", "reason"].map(column).join("");

/** The page before the first answer of the gateway; style and script are given. */
export function overviewHtml({ style, script }: { style: string; script: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Headgate</title>
<link rel="icon" href="${icon}">
<style>${style}</style>
</head>
<body>
  <div id="contact" role="alert" hidden></div>
  <header>
    <h1 id="gateway">Headgate</h1>
    <div id="summary" role="status"></div>
    <div id="clock" class="quiet"></div>
    <button id="language" type="button" data-text="language"></button>
  </header>
  <main>
    <ol class="path" data-label="path">${stages}
    </ol>
    <div class="lists">
      <section class="panel">
        <h2 data-text="channels"></h2>
        <ul class="parts" id="channels"></ul>
      </section>
      <section class="panel">
        <h2 data-text="uplinks"></h2>
        <ul class="parts" id="uplinks"></ul>
      </section>
    </div>
    <section class="panel">
      <div class="tools">
        <h2 data-text="points"></h2>
        <label><span data-text="search"></span><input id="search" type="search"></label>
        <span id="shown" class="quiet"></span>
      </div>
      <table>
        <thead><tr>${columns}</tr></thead>
        <tbody id="rows"></tbody>
      </table>
    </section>
  </main>
  <footer id="version" class="quiet">Headgate</footer>
  <noscript>
    <p><a href="basic/plain">Without a script · 不用脚本的页面</a></p>
  </noscript>
<script>${script}</script>
</body>
</html>
`;
}
