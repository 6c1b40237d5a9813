/** The page's look: phone first, grey when all is well, colour only for what is not. */
export const overviewStyle = `
:root {
  color-scheme: light dark;
  --ground: #e9ebed; --surface: #f6f7f8; --text: #1c2126; --quiet: #59626c; --line: #ccd1d6;
  --failure: #b00020; --warning: #a35200; --action: #1f5fa8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181c; --surface: #1c2228; --text: #d6dade; --quiet: #98a2ac; --line: #363f48;
    --failure: #ff6b6b; --warning: #ffb454; --action: #8fb8e8;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--text);
  font: 16px/1.4 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif;
  font-variant-numeric: tabular-nums;
}
header, main { max-width: 1280px; margin: 0 auto; padding: 12px 16px; }
header {
  display: grid; grid-template-columns: 1fr auto; align-items: center; gap: 4px 16px;
  padding-bottom: 0;
}
h1 { font-size: 20px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 16px; margin: 0 0 8px; }
.quiet { color: var(--quiet); }
#summary { font-weight: 600; grid-row: 2; }
#clock { grid-row: 2; text-align: right; }
#language { justify-self: end; }
button, input {
  font: inherit; color: inherit; min-height: 48px; border: 1px solid var(--line);
  border-radius: 6px; background: var(--surface); padding: 0 14px;
}
button { color: var(--action); cursor: pointer; }
:focus-visible { outline: 3px solid var(--action); outline-offset: 1px; }
#contact {
  position: sticky; top: 0; z-index: 1; padding: 12px 16px; text-align: center; font-weight: 600;
  background: var(--text); color: var(--ground);
}
[hidden] { display: none !important; }
.old main { opacity: .55; filter: grayscale(1); }

.mark { display: inline-block; width: 14px; height: 14px; flex: none; background: var(--quiet); }
.mark[data-kind="none"] { display: none; }
.mark[data-kind="failure"] {
  background: var(--failure);
  clip-path: polygon(30% 0, 70% 0, 100% 30%, 100% 70%, 70% 100%, 30% 100%, 0 70%, 0 30%);
}
.mark[data-kind="warning"] {
  background: var(--warning); clip-path: polygon(50% 0, 100% 100%, 0 100%);
}
.mark[data-kind="busy"] { background: none; border: 3px dotted var(--quiet); border-radius: 50%; }

.path { list-style: none; margin: 0 0 16px; padding: 0; display: grid; gap: 18px; }
.path > li { position: relative; display: grid; }
.path > li + li::before {
  content: ""; position: absolute; top: -13px; left: calc(50% - 9px); width: 18px; height: 9px;
  background: var(--quiet); clip-path: polygon(0 0, 100% 0, 50% 100%);
}
.stage {
  background: var(--surface); border: 1px solid var(--line); border-left: 6px solid var(--line);
  border-radius: 8px; padding: 8px 12px;
  display: grid; grid-template-columns: 1fr auto; align-content: start; gap: 0 12px;
}
.stage h2 { margin: 0; align-self: center; }
.stage .figure { font-size: 28px; line-height: 1.2; font-weight: 600; text-align: right; }
.stage .label { grid-area: 2 / 2; text-align: right; }
.stage .detail { grid-area: 2 / 1; }
/* Several lines beside the label would be a narrow column. */
.stage[data-lines="many"] .detail { grid-area: 3 / 1 / auto / -1; }
.stage .problem { grid-column: 1 / -1; }
.stage[data-kind="failure"] { border-left-color: var(--failure); }
.stage[data-kind="failure"] .figure { color: var(--failure); }
.stage[data-kind="warning"] { border-left-color: var(--warning); }
.stage[data-kind="warning"] .figure { color: var(--warning); }
.stage .detail { white-space: pre-line; }
.calm { display: none; }
.problem { margin-top: 6px; overflow-wrap: anywhere; }
.problem .what { font-weight: 600; display: flex; gap: 8px; align-items: center; }
.problem p { margin: 2px 0 0; }

.panel {
  background: var(--surface); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px; margin: 0 0 16px;
}
.parts { list-style: none; margin: 0; padding: 0; }
.parts > li { padding: 8px 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
.parts > li:first-child { border-top: 0; }
.parts .row { display: flex; gap: 8px; align-items: center; }
.parts .name { font-weight: 600; }
.parts .state { margin-left: auto; white-space: nowrap; }
.parts [data-kind="failure"] .state { color: var(--failure); font-weight: 600; }
.parts [data-kind="warning"] .state { color: var(--warning); font-weight: 600; }
.parts .reason { margin: 2px 0 0; }

.tools { display: flex; flex-wrap: wrap; gap: 8px 16px; align-items: center; margin-bottom: 8px; }
.tools h2 { margin: 0; }
.tools label { display: flex; flex: 1 1 260px; gap: 8px; align-items: center; }
.tools input { flex: 1; min-width: 0; }
table { width: 100%; border-collapse: collapse; }
thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
tbody tr {
  display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 12px; padding: 8px 0;
  border-top: 1px solid var(--line);
}
tr[data-length="long"] td.point, tr[data-length="long"] td.value { grid-column: 1 / -1; }
tr[data-length="long"] td.value { text-align: left; font-weight: 400; word-break: break-all; }
td { padding: 0; overflow-wrap: anywhere; min-width: 0; }
td.point .id { display: block; font-size: 14px; color: var(--quiet); }
td.point .id:empty { display: none; }
td.value { text-align: right; font-weight: 600; }
td.value .unit { color: var(--quiet); font-weight: 400; }
td.age { text-align: right; color: var(--quiet); white-space: nowrap; }
td.quality { color: var(--quiet); }
td.quality span { display: inline-flex; gap: 8px; align-items: center; }
td.reason { grid-column: 1 / -1; }
td.reason:empty { display: none; }
tr[data-kind="failure"] td.quality { color: var(--failure); font-weight: 600; }
tr[data-kind="warning"] td.quality { color: var(--warning); font-weight: 600; }

footer { max-width: 1280px; margin: 0 auto; padding: 0 16px 16px; font-size: 14px; }

@media (min-width: 700px) {
  header { padding-top: 16px; }
  header { grid-template-columns: auto 1fr auto auto; }
  #gateway { grid-area: 1 / 1; }
  #summary { grid-area: 1 / 2; }
  #clock { grid-area: 1 / 3; }
  #language { grid-area: 1 / 4; }
  .lists { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
}
@media (min-width: 900px) {
  thead { position: static; width: auto; height: auto; clip-path: none; }
  tbody tr { display: table-row; }
  th { text-align: left; font-weight: 600; color: var(--quiet); }
  th, td { padding: 7px 12px 7px 0; vertical-align: top; }
  td { border-top: 1px solid var(--line); }
  th.value, th.age { text-align: right; }
  table { table-layout: fixed; }
  th.point { width: 26%; }
  th.value { width: 24%; }
  th.quality { width: 132px; }
  th.age { width: 100px; }
  th.age, td.age { padding-right: 24px; }
  th.value, td.value { padding-right: 24px; }
  td.value, td.age, td.quality { white-space: nowrap; }
  tr[data-length="long"] td.value { text-align: right; white-space: normal; }
  td.reason:empty { display: table-cell; }
}
@media (min-width: 1000px) {
  .path {
    grid-template-columns: repeat(4, minmax(0, 1fr)); grid-template-rows: repeat(5, auto);
    gap: 0 26px;
  }
  .path > li { grid-row: 1 / span 5; grid-template-rows: subgrid; }
  .path > li + li::before {
    top: calc(50% - 9px); left: -18px; width: 10px; height: 18px;
    clip-path: polygon(0 0, 100% 50%, 0 100%);
  }
  .stage {
    grid-template-columns: 1fr; border-left-width: 1px; border-top: 6px solid var(--line);
    grid-row: 1 / -1; grid-template-rows: subgrid;
  }
  .stage[data-kind="failure"] { border-color: var(--line); border-top-color: var(--failure); }
  .stage[data-kind="warning"] { border-color: var(--line); border-top-color: var(--warning); }
  .stage .figure { font-size: 36px; }
  .stage .figure, .stage .label { text-align: left; }
  .stage .label, .stage .detail, .stage[data-lines="many"] .detail { grid-area: auto; }
  /* While one stage is in trouble all are divided alike, and the others say that they are not. */
  .stage .problem, .stage .calm {
    margin-top: 8px; padding-top: 8px; border-top: 1px solid var(--line);
  }
  .path:has(.problem:not([hidden])) .problem[hidden] + .calm { display: block; }
  .stage .reason {
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden;
  }
}
`;
