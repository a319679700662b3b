// How the report looks: by light and in the dark, on a screen and on paper.

export const style = `
:root {
	color-scheme: light dark;
	--page: #f6f7f9; --card: #ffffff; --ink: #1b2130; --dim: #626b7d; --rule: #e3e6ec;
	--good: #16794c; --good-soft: #e2f4ea; --bad: #b3261e; --bad-soft: #fbe6e4; --doubt: #8a5a00;
	--c0: #2563c9; --c1: #c2570c; --c2: #0f8a6d; --c3: #7a3fbf; --plain: #9aa3b2;
}
@media (prefers-color-scheme: dark) {
	:root {
		--page: #12151c; --card: #1b2029; --ink: #e8ebf1; --dim: #9aa3b4; --rule: #2c3340;
		--good: #5fd39a; --good-soft: #16362a; --bad: #ff8a80; --bad-soft: #40201f; --doubt: #e3b341;
		--c0: #6fa8ff; --c1: #ff9d5c; --c2: #4fd1ad; --c3: #c49bff; --plain: #697386;
	}
}
* { box-sizing: border-box; }
body {
	margin: 0; background: var(--page); color: var(--ink);
	font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
header, main { max-width: 1240px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 32px; }
h1 { margin: 0; font-size: 26px; letter-spacing: -0.01em; }
h2 { margin: 0 0 12px; font-size: 18px; }
.dim { color: var(--dim); }
header p { margin: 4px 0 16px; }
dl { display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 0 0 24px; }
dt { color: var(--dim); font-size: 12px; }
dd { margin: 0; }
section > p:empty { display: none; }
section > p { margin: -6px 0 12px; }
section {
	background: var(--card); border: 1px solid var(--rule); border-radius: 10px;
	padding: 20px 24px; margin-bottom: 20px;
}
.pill {
	display: inline-block; padding: 2px 10px; margin: 2px 4px 2px 0; border-radius: 999px;
	font-size: 13px;
}
.pill.good { background: var(--good-soft); color: var(--good); }
.pill.bad { background: var(--bad-soft); color: var(--bad); }
ul { margin: 8px 0; padding-left: 20px; }
li.bad { color: var(--bad); }
.doubt { color: var(--doubt); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 6px 0 6px 24px; border-bottom: 1px solid var(--rule); text-align: right; }
th { font-weight: 400; color: var(--dim); white-space: nowrap; }
th:first-child { padding-left: 0; text-align: left; }
tbody th { color: var(--ink); }
tbody tr:last-child > * { border-bottom: none; }
td { white-space: nowrap; }
.charts {
	display: grid; grid-template-columns: repeat(auto-fill, minmax(min(440px, 100%), 1fr));
	gap: 28px 32px;
}
.growth { grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }
.charts:not(:empty) { margin-top: 24px; }
figure { margin: 0; min-width: 0; max-width: 640px; }
figcaption { font-size: 13px; color: var(--dim); margin-bottom: 6px; }
svg { width: 100%; height: auto; display: block; font: 12px system-ui, sans-serif; }
.grid { stroke: var(--rule); }
.mark { stroke: var(--ink); stroke-dasharray: 2 3; }
.tick { fill: var(--dim); font-size: 11px; }
.figure {
	fill: var(--ink); font-size: 11px; stroke: var(--card); stroke-width: 4px; paint-order: stroke;
}
.name { font-weight: 600; font-size: 12px; }
.area { opacity: 0.12; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.former { stroke-dasharray: 4 4; opacity: 0.6; }
.c0 { stroke: var(--c0); } .c1 { stroke: var(--c1); }
.c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
.f0 { fill: var(--c0); } .f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); }
.tone-0 { fill: var(--c0); } .tone-plain { fill: var(--plain); }
.tone-good { fill: var(--good); } .tone-bad { fill: var(--bad); }
@media (max-width: 600px) {
	header, main { padding: 0 12px; }
	header { padding-top: 20px; }
	section { padding: 16px 14px; }
	th, td { padding-left: 16px; }
	.tick, .figure { font-size: 13px; }
	.name { font-size: 14px; }
}
@media print { body { background: none; } section { break-inside: avoid; } }
`;
