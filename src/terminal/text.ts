// Text as a terminal shows it: made harmless, cut into what a person takes for one character,
// measured in cells, wrapped and clipped. Not here: the order of right-to-left text (bidi.ts),
// and colours.

import { eastAsianWidth } from "get-east-asian-width";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Marks on one base; more are no language but a tower that runs over other lines. */
const marksMax = 4;
const tabCells = 4;

// Overrides and isolates turn a line around; the others are invisible and hide what is really
// there.
const unseen = /(?![\u0600-\u08ff\u200c\u200d])\p{Cf}|\u061c|[\u{e0100}-\u{e01ef}]/gu;
const towers = new RegExp(`(\\p{M}{${marksMax}})\\p{M}+`, "gu");
// Node knows the flag; the language level that we compile for does not yet.
const sets = "v";
const emoji = new RegExp("^\\p{RGI_Emoji}$", sets);
const nothing = /^[\p{Mn}\p{Mc}\p{Me}\p{Cf}\u1160-\u11ff]$/u;

/**
 * What others wrote, so that it can do nothing to the terminal: controls become visible signs,
 * what is invisible or turns the line around goes, line breaks stay as `\n`.
 */
export function harmless(text: string): string {
	return (
		text
			.replace(/\r\n?|[\u0085\u2028\u2029]/g, "\n")
			.replaceAll("\t", " ".repeat(tabCells))
			.replace(/\p{Cc}/gu, visible)
			// Lone surrogates have no bytes.
			.replace(/\p{Cs}/gu, "\ufffd")
			.replace(unseen, "")
			.replace(towers, "$1")
	);
}

/** The same on one line: for names, titles and quotes. */
export function harmlessLine(text: string): string {
	return harmless(text).replace(/\s*\n\s*/g, " ");
}

function visible(sign: string): string {
	const code = sign.charCodeAt(0);
	if (sign === "\n") return sign;
	if (code === 0x7f) return "\u2421";
	return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
}

/** What a person takes for one character, in the order in which they are stored. */
export function clusters(text: string): string[] {
	// Most text is plain ASCII, where the segmenter would cost twenty times as much.
	if (/^[ -~\n]*$/.test(text)) return [...text];
	return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** Cells of one cluster: 0, 1 or 2; more only where one cluster holds several letters. */
export function clusterWidth(cluster: string): number {
	if (cluster.length === 1) {
		const code = cluster.charCodeAt(0);
		if (code >= 0x20 && code < 0x7f) return 1;
		if (code < 0x20) return 0;
	}
	if (emoji.test(cluster)) return 2;
	let width = 0;
	for (const sign of cluster) {
		if (!nothing.test(sign)) width += eastAsianWidth(sign.codePointAt(0) as number);
	}
	return width;
}

/** Terminals disagree about the width of such a cluster, so the column is set anew after it. */
export function isUncertain(cluster: string): boolean {
	return cluster.length > 1;
}

export function width(text: string): number {
	let sum = 0;
	for (const cluster of clusters(text)) sum += clusterWidth(cluster);
	return sum;
}

/** At most `cells` wide; an ellipsis stands for what had to go. */
export function clip(text: string, cells: number): string {
	if (width(text) <= cells) return text;
	let kept = "";
	let used = 0;
	for (const cluster of clusters(text)) {
		const wide = clusterWidth(cluster);
		if (used + wide > cells - 1) break;
		kept += cluster;
		used += wide;
	}
	return cells < 1 ? "" : `${kept}…`;
}

/** Exactly `cells` wide: clipped, or filled with blanks. */
export function pad(text: string, cells: number, side: "left" | "right" = "left"): string {
	const clipped = clip(text, cells);
	const gap = " ".repeat(Math.max(0, cells - width(clipped)));
	return side === "left" ? clipped + gap : gap + clipped;
}

/**
 * Lines of at most `cells`. Breaks at blanks and between wide characters, inside a word only when
 * it is longer than a line; blanks at a break are dropped. At least one line.
 */
export function wrap(text: string, cells: number): string[] {
	const most = Math.max(2, cells);
	return text.split("\n").flatMap((paragraph) => wrapParagraph(clusters(paragraph), most));
}

function wrapParagraph(all: readonly string[], cells: number): string[] {
	const lines: string[] = [];
	let start = 0;
	let used = 0;
	/** Index after which the line may end; what follows starts the next. */
	let breakAt = -1;
	for (let at = 0; at < all.length; at += 1) {
		const cluster = all[at] as string;
		const wide = clusterWidth(cluster);
		if (cluster !== " " && used + wide > cells) {
			const end = breakAt > start ? breakAt : at;
			lines.push(all.slice(start, end).join("").trimEnd());
			start = end;
			while (all[start] === " " && start < at) start += 1;
			used = all.slice(start, at).reduce((sum, one) => sum + clusterWidth(one), 0);
			breakAt = -1;
		}
		used += wide;
		if (cluster === " " || wide === 2) breakAt = at + 1;
		// A wide character may also be the first of the next line.
		else if (clusterWidth(all[at + 1] ?? "") === 2) breakAt = at + 1;
	}
	lines.push(all.slice(start).join("").trimEnd());
	return lines;
}
