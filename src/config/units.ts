// Durations and sizes as people write them: `30s`, `16MiB`. Inside the broker everything is
// milliseconds and bytes; a bare number is taken as those.

const durationUnits: Readonly<Record<string, number>> = {
	ms: 1,
	s: 1_000,
	m: 60_000,
	h: 3_600_000,
	d: 86_400_000,
};

/** Decimal units are refused rather than guessed: `16MB` means two sizes to two readers. */
const sizeUnits: Readonly<Record<string, number>> = {
	B: 1,
	KiB: 1_024,
	MiB: 1_048_576,
	GiB: 1_073_741_824,
};

function parse(text: string, units: Readonly<Record<string, number>>): number | null {
	const found = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(text.trim());
	if (found === null) return null;
	const unit = found[2] === "" ? 1 : units[found[2] as string];
	if (unit === undefined) return null;
	const value = Number(found[1]) * unit;
	return Number.isSafeInteger(value) ? value : null;
}

/** Milliseconds, or null when the text is no duration. */
export function parseDuration(text: string): number | null {
	return parse(text, durationUnits);
}

/** Bytes, or null when the text is no size. */
export function parseSize(text: string): number | null {
	return parse(text, sizeUnits);
}

/** In the largest unit that needs no fraction, so that parsing gives the same number back. */
function format(value: number, units: Readonly<Record<string, number>>): string {
	let best = "";
	let size = 0;
	for (const [name, unit] of Object.entries(units)) {
		if (unit > size && value >= unit && value % unit === 0) {
			best = name;
			size = unit;
		}
	}
	return size === 0 ? `${value}` : `${value / size}${best}`;
}

export function formatDuration(ms: number): string {
	return format(ms, durationUnits);
}

export function formatSize(bytes: number): string {
	return format(bytes, sizeUnits);
}
