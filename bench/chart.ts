// Charts as SVG text: lines and bars on axes with few, round ticks. No script and nothing to load,
// so that a report can be mailed, printed and opened in ten years. Colours are those of the page.

export interface Series {
	readonly name: string;
	readonly points: readonly (readonly [x: number, y: number])[];
	/** Of an earlier run: drawn dashed, in the same colour as what it is compared with. */
	readonly former?: boolean;
	/** Which of the page's colours, from 0. */
	readonly colour: number;
	/** What is below the line is filled. */
	readonly filled?: boolean;
}

export interface Axis {
	readonly title: string;
	readonly log: boolean;
	/** Null: chosen from the data. */
	readonly ticks: readonly (readonly [at: number, label: string])[] | null;
}

export interface Bar {
	readonly label: string;
	readonly value: number;
	readonly text: string;
	/** One of the page's classes of colour. */
	readonly tone: string;
}

/** Two fit beside each other on a screen, and one can still be read on a telephone. */
const width = 480;
const height = 240;
const edge = { left: 52, right: 84, top: 26, bottom: 40 };

export function escaped(text: string): string {
	const signs: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };
	return text.replace(/[&<>]/g, (sign) => signs[sign] as string).replaceAll('"', "&quot;");
}

/** Lines over two axes, each named where it ends. */
export function lineChart(title: string, x: Axis, y: Axis, all: readonly Series[]): string {
	const drawn = all.filter(({ points }) => points.length > 0);
	const across = scale(
		x,
		drawn.flatMap(({ points }) => points.map(([at]) => at)),
		[edge.left, width - edge.right],
	);
	const up = scale(
		y,
		drawn.flatMap(({ points }) => points.map(([, at]) => at)),
		[height - edge.bottom, edge.top],
	);
	const floor = (height - edge.bottom).toFixed(1);
	const lines = drawn.map(({ points, colour, former, filled, name }) => {
		const path = points
			.map(([at, value]) => `${across.at(at).toFixed(1)},${up.at(value).toFixed(1)}`)
			.join(" ");
		const kind = former === true ? "line former" : "line";
		const hint = `<title>${escaped(name)}</title>`;
		const [from, to] = [points[0], points.at(-1)].map((end) => across.at(end?.[0] ?? 0).toFixed(1));
		const below = `${from},${floor} ${path} ${to},${floor}`;
		const area = `<polygon class="area f${colour}" points="${below}"/>`;
		const line = `<polyline class="${kind} c${colour}" points="${path}">${hint}</polyline>`;
		return filled === true ? area + line : line;
	});
	const [left, right] = [edge.left, width - edge.right];
	return svg(title, [
		...up.ticks.map(([at, label]) => {
			const y = up.at(at).toFixed(1);
			const line = `<line class="grid" x1="${left}" x2="${right}" y1="${y}" y2="${y}"/>`;
			return line + word("tick", left - 8, up.at(at) + 4, label, "end");
		}),
		...across.ticks.map(([at, label]) =>
			word("tick", across.at(at), height - edge.bottom + 18, label, "middle"),
		),
		word("tick", (left + right) / 2, height - 4, x.title, "middle"),
		word("tick", 4, 10, y.title),
		...lines,
		...endLabels(
			drawn.filter(({ former }) => former !== true),
			up.at,
		),
	]);
}

function word(
	kind: string,
	x: number,
	y: number,
	text: string,
	anchor: "start" | "middle" | "end" = "start",
): string {
	const place = `x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}"`;
	return `<text class="${kind}" ${place}>${escaped(text)}</text>`;
}

/** Names at the right, moved apart where lines end close together. */
function endLabels(all: readonly Series[], up: (value: number) => number): string[] {
	const least = 15;
	const wanted = all
		.map(({ name, colour, points }) => ({ name, colour, at: up((points.at(-1) ?? [0, 0])[1]) }))
		.sort((a, b) => a.at - b.at);
	let last = Number.NEGATIVE_INFINITY;
	return wanted.map(({ name, colour, at }) => {
		last = Math.max(at, last + least);
		return word(`name f${colour}`, width - edge.right + 8, last + 4, name);
	});
}

const barHeight = 22;
/** Bars stand three beside each other. */
const barsWidth = 380;
const barTextWidth = 7;
/** Beside a bar, for its figure. */
const barRight = 130;

/** Horizontal bars from nothing, each with its figure; `mark` draws a line across, at a value. */
export function barChart(
	title: string,
	bars: readonly Bar[],
	{ mark = null, wide = barsWidth }: { mark?: number | null; wide?: number } = {},
): string {
	const most = Math.max(...bars.map(({ value }) => value), mark ?? 0, Number.MIN_VALUE);
	const longest = Math.max(...bars.map(({ label }) => label.length));
	const barFrom = Math.min(wide / 2, 12 + longest * barTextWidth);
	const at = (value: number) => barFrom + (value / most) * (wide - barRight - barFrom);
	const tall = bars.length * barHeight + 12;
	const rows = bars.map(({ label, value, text, tone }, row) => {
		const y = 6 + row * barHeight;
		const size = `width="${Math.max(2, at(value) - barFrom).toFixed(1)}" height="${barHeight - 7}"`;
		return [
			word("tick", barFrom - 8, y + 14, label, "end"),
			`<rect class="bar ${tone}" x="${barFrom.toFixed(1)}" y="${y + 3}" ${size} rx="2"/>`,
			word("figure", at(value) + 6, y + 14, text),
		].join("");
	});
	const x = at(mark ?? 0).toFixed(1);
	const line = `<line class="mark" x1="${x}" x2="${x}" y1="2" y2="${tall - 2}"/>`;
	const across = mark === null ? [] : [line];
	return svg(title, [...across, ...rows], [wide, tall]);
}

function svg(title: string, parts: readonly string[], [wide, tall] = [width, height]): string {
	const box = `viewBox="0 0 ${wide} ${tall}"`;
	return `<svg ${box} role="img" aria-label="${escaped(title)}">${parts.join("")}</svg>`;
}

function scale(axis: Axis, values: readonly number[], [from, to]: readonly [number, number]) {
	const ticks = axis.ticks ?? (axis.log ? decades(values) : rounded(values));
	const ends = [...values, ...ticks.map(([at]) => at)];
	const place = (value: number) => (axis.log ? Math.log10(value) : value);
	const [least, most] = [Math.min(...ends.map(place)), Math.max(...ends.map(place))];
	const span = most - least || 1;
	return { ticks, at: (value: number) => from + ((place(value) - least) / span) * (to - from) };
}

/** 0.1, 1, 10 …, and what is between when that would be too few. */
function decades(values: readonly number[]): [number, string][] {
	const positive = values.filter((value) => value > 0);
	const [low, high] = [
		Math.floor(Math.log10(Math.min(...positive))),
		Math.ceil(Math.log10(Math.max(...positive))),
	];
	const steps = high - low > 3 ? [1] : [1, 2, 5];
	const all: number[] = [];
	for (let power = low; power < high; power += 1)
		all.push(...steps.map((step) => step * 10 ** power));
	all.push(10 ** high);
	// The nearest ones outside the data and all inside.
	const first = all.findLastIndex((tick) => tick <= Math.min(...positive));
	const last = all.findIndex((tick) => tick >= Math.max(...positive));
	return all.slice(Math.max(0, first), last + 1).map((tick) => [tick, short(tick)]);
}

function rounded(values: readonly number[]): [number, string][] {
	const most = Math.max(...values, Number.MIN_VALUE);
	const rough = most / 4;
	const power = 10 ** Math.floor(Math.log10(rough));
	const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
	const count = Math.ceil(most / step);
	return Array.from({ length: count + 1 }, (_, at) => [at * step, short(at * step)]);
}

/** `0.2`, `50`, `12k`. */
export function short(value: number): string {
	if (value >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`;
	if (value >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`;
	return String(Number(value.toPrecision(3)));
}
