/** Distinguishable to colour-blind people, in light and dark; the values are in {@link pageStyle}. */
export const seriesColors: readonly string[] = Array.from(
  { length: 7 },
  (_, i) => `var(--series-${i})`,
);

/** The one style sheet of a report: system fonts, both colour schemes, readable on paper. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --page: #fdfdfc;
  --card: #f4f4f1;
  --text: #22262b;
  --muted: #666d76;
  --line: #e1e1dc;
  --front: #dedbd0;
  --series-0: #0b6db3;
  --series-1: #d1580b;
  --series-2: #0a8f6a;
  --series-3: #b8579a;
  --series-4: #c48a00;
  --series-5: #5b6068;
  --series-6: #3fa3d6;
  --document: #7d8894;
  --query: #22262b;
  --positive: #b1420f;
  --negative: #0b5fa5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #16181b;
    --card: #1f2226;
    --text: #e4e5e3;
    --muted: #9aa1a9;
    --line: #31353a;
    --front: #3a3c3d;
    --series-0: #5aa9e6;
    --series-1: #f08a4b;
    --series-2: #35c49a;
    --series-3: #e08cc6;
    --series-4: #e6b530;
    --series-5: #a5abb3;
    --series-6: #9bd3f2;
    --document: #7d8894;
    --query: #e4e5e3;
    --positive: #f08a4b;
    --negative: #5aa9e6;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  background: var(--page);
  color: var(--text);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 48px 40px 72px; }
h1 { margin: 0; font-size: 28px; line-height: 1.2; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: 0 0 4px; font-size: 19px; line-height: 1.3; letter-spacing: -0.005em; }
h3 { margin: 20px 0 0; font-size: 14px; font-weight: 600; }
p { margin: 0; max-width: 76ch; }
code { font: 0.9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.subtitle, .caption { color: var(--muted); }
.subtitle { margin-top: 6px; overflow-wrap: anywhere; }
.facts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(150px, 1fr));
  gap: 12px;
  margin: 28px 0 0;
}
.facts div { padding: 14px 16px; border-radius: 8px; background: var(--card); }
.facts dt { font-size: 13px; color: var(--muted); }
.facts dd { margin: 2px 0 0; font-size: 22px; font-weight: 600; font-variant-numeric: tabular-nums; }
.findings { margin: 24px 0 0; padding: 0 0 0 18px; max-width: 80ch; }
.findings li { margin: 4px 0; }
section { margin-top: 44px; padding-top: 28px; border-top: 1px solid var(--line); }
figure { margin: 0; }
.chart { margin-top: 14px; overflow-x: auto; }
.chart svg { font-size: 12px; font-family: inherit; }
.chart [class$="-swatches"], .chart [class*="-swatches "] { min-height: 0; margin: 2px 0 8px; font: inherit; font-size: 13px; }
.beside { display: grid; grid-template-columns: minmax(0, auto) minmax(240px, 1fr); gap: 36px; align-items: center; }
.swatch { display: inline-block; width: 1.1em; height: 0.72em; margin: 0 0.25em 0 0.1em; border-radius: 2px; }
.swatch.line { height: 0; border-top: 2px solid; border-radius: 0; vertical-align: middle; }
.scale { display: flex; align-items: center; gap: 10px; margin: 0 0 18px; font-size: 13px; color: var(--muted); font-variant-numeric: tabular-nums; }
.scale i { width: 180px; height: 10px; border-radius: 2px; background: linear-gradient(90deg, var(--negative), transparent, var(--positive)); }
.wide { margin-top: 16px; }
table { width: 100%; border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; }
th, td { padding: 5px 12px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th { position: sticky; top: 0; background: var(--page); font-weight: 600; color: var(--muted); }
th.text, td.text { text-align: left; }
th:first-child, td:first-child { padding-left: 4px; }
tr.group td { border-top: 2px solid var(--line); }
td.bar {
  background: linear-gradient(90deg, color-mix(in srgb, var(--series-0) 16%, transparent) var(--share), transparent 0) no-repeat 0 50% / 100% 70%;
}
footer { margin-top: 40px; font-size: 13px; color: var(--muted); }
@media (max-width: 760px) {
  .wide { overflow-x: auto; }
  main { padding: 28px 18px 48px; }
  .beside { grid-template-columns: minmax(0, 1fr); }
  .chart svg { max-width: none; }
}
@media print { section { break-inside: avoid; } th { position: static; } }
`;
