// Text in columns for a terminal of 80: numbers with separators, times as people say them, long
// names cut in the middle so that both ends stay readable.

const numbers = new Intl.NumberFormat("en-US");

export function grouped(value: number): string {
	return numbers.format(value);
}

/** `4s`, `12m`, `3h 07m`, `9d 04h`. */
export function ago(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1_000));
	if (seconds < 60) return `${seconds}s`;
	const minutes = Math.floor(seconds / 60);
	if (minutes < 60) return `${minutes}m`;
	const hours = Math.floor(minutes / 60);
	if (hours < 24) return `${hours}h ${String(minutes % 60).padStart(2, "0")}m`;
	return `${Math.floor(hours / 24)}d ${String(hours % 24).padStart(2, "0")}h`;
}

/** At most `width` characters; what had to go is an ellipsis. */
export function fit(text: string, width: number): string {
	// Code points, not UTF-16 units: half an emoji is no character.
	const points = [...text];
	if (points.length <= width) return text;
	const tail = Math.floor((width - 1) / 3);
	return `${points.slice(0, width - 1 - tail).join("")}…${points.slice(-tail).join("")}`;
}

export interface Column {
	readonly title: string;
	readonly width: number;
	readonly right?: boolean;
}

/** One line: each cell cut and padded to its column, two blanks between. */
export function line(columns: readonly Column[], cells: readonly string[]): string {
	return columns
		.map(({ width, right }, index) => {
			const text = fit(cells[index] ?? "", width);
			const gap = " ".repeat(width - [...text].length);
			return right === true ? gap + text : text + gap;
		})
		.join("  ")
		.trimEnd();
}

export function heading(columns: readonly Column[]): string {
	return line(
		columns,
		columns.map((column) => column.title),
	);
}
