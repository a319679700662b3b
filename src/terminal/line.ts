// A line of the screen: pieces of text with a style each. Everything that is shown is made of
// these, pure data; what they become on a terminal is `ansi.ts`.

import { clip, clusters, clusterWidth, width } from "./text.js";

/** What a piece means, not which colour it has. `name0` … `name7` tell people apart. */
export type Tone =
	| "text"
	| "faint"
	| "accent"
	| "good"
	| "warn"
	| "bad"
	| "seen"
	| `name${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`;

export interface Style {
	readonly tone?: Tone;
	readonly bold?: boolean;
	readonly italic?: boolean;
	/** Background and foreground change places: banners and what is chosen. */
	readonly reverse?: boolean;
}

export interface Span extends Style {
	readonly text: string;
}

export type Line = readonly Span[];

export function span(text: string, tone: Tone = "text", more: Omit<Style, "tone"> = {}): Span {
	return { text, tone, ...more };
}

export function blank(cells: number): Span {
	return { text: " ".repeat(Math.max(0, cells)) };
}

export function lineWidth(line: Line): number {
	return line.reduce((sum, { text }) => sum + width(text), 0);
}

export function lineText(line: Line): string {
	return line.map(({ text }) => text).join("");
}

/** At most `cells`; an ellipsis in the style of what it cuts. */
export function clipLine(line: Line, cells: number): Line {
	let left = cells;
	const kept: Span[] = [];
	for (const [at, piece] of line.entries()) {
		const wide = width(piece.text);
		const more = line.slice(at + 1).some(({ text }) => text !== "");
		if (wide < left || (wide === left && !more)) {
			kept.push(piece);
			left -= wide;
			continue;
		}
		// When it just fits but more follows, the ellipsis has to say so.
		const text = wide > left ? clip(piece.text, left) : clip(`${piece.text}…`, left);
		kept.push({ ...piece, text });
		break;
	}
	return kept;
}

/** Exactly `cells`: `left` at the left end, `right` at the right one, which is never cut. */
export function spread(left: Line, right: Line, cells: number, fill = " ", tone?: Tone): Line {
	const room = cells - lineWidth(right);
	const clipped = clipLine(left, Math.max(0, room));
	const gap = Math.max(0, room - lineWidth(clipped));
	const between: Span = { text: fill.repeat(gap), ...(tone === undefined ? {} : { tone }) };
	return [...clipped, ...(gap > 0 ? [between] : []), ...right];
}

/** Exactly `cells`, in the middle of a rule or of blanks. */
export function centre(text: string, cells: number, fill: string, tone: Tone): Line {
	const clipped = clip(text, Math.max(0, cells - 4));
	const room = cells - width(clipped) - 2;
	const before = Math.floor(room / 2);
	return [
		span(fill.repeat(Math.max(0, before)), tone),
		span(` ${clipped} `, tone),
		span(fill.repeat(Math.max(0, room - before)), tone),
	];
}

/** Per cell what stands there; the second cell of a wide character is "". For tests. */
export function cells(line: Line): string[] {
	return clusters(lineText(line)).flatMap((cluster) => {
		const wide = clusterWidth(cluster);
		return wide === 0 ? [] : [cluster, ...Array.from({ length: wide - 1 }, () => "")];
	});
}
