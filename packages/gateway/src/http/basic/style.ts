/** For browsers of any age: without it the page is as whole. Colour only for what is not well. */
export const BASIC_STYLE = `
body { margin: 0; background: #e9ebed; color: #1c2126; line-height: 1.45;
  font-family: system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
header, nav, main, footer { max-width: 1180px; margin: 0 auto; padding: 8px 16px; }
h1 { font-size: 22px; margin: 4px 0; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 20px 0 8px; }
a { color: #1f5fa8; }
nav a, .pages a, .pages strong, header a { display: inline-block; min-height: 24px;
  padding: 12px 14px 12px 0; }
nav a[aria-current] { color: #1c2126; font-weight: bold; text-decoration: none; }
.card { background: #f6f7f8; border: 1px solid #ccd1d6; padding: 10px 14px; margin: 0 0 10px; }
.steps { margin: 0; padding: 0; list-style: none; overflow: hidden; }
.steps .figure { font-size: 24px; font-weight: bold; }
.quiet { color: #59626c; }
.failure { border-left: 8px solid #b00020; }
.warning { border-left: 8px solid #a35200; }
.word { font-weight: bold; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; background: #f6f7f8;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 8px 10px; border: 1px solid #ccd1d6;
  overflow-wrap: anywhere; }
tbody th { font-weight: normal; }
label { display: block; margin: 10px 0; }
input, select, button { font: inherit; min-height: 48px; padding: 0 12px; max-width: 100%; }
button { min-width: 110px; }
form.line label { display: inline-block; margin: 4px 12px 4px 0; }
form.out { display: inline; }
:focus { outline: 3px solid #1f5fa8; outline-offset: 1px; }
@media (min-width: 800px) {
  .steps li { float: left; width: 25%; box-sizing: border-box; padding-right: 10px; }
}
@media (prefers-color-scheme: dark) {
  body { background: #14181c; color: #d6dade; }
  a, nav a { color: #8fb8e8; }
  nav a[aria-current] { color: #d6dade; }
  .card, table { background: #1c2228; border-color: #363f48; }
  th, td { border-color: #363f48; }
  .quiet { color: #98a2ac; }
  .failure { border-left-color: #ff6b6b; }
  .warning { border-left-color: #ffb454; }
  :focus { outline-color: #8fb8e8; }
}
`;
