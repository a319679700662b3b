// Bytes of a terminal in raw mode to keys: text, control keys, cursor keys with modifiers, pasted
// text, focus. Pieces may be cut anywhere; what is not whole is kept. Pure, but for what is kept.

export type KeyName =
	| "enter"
	| "tab"
	| "backspace"
	| "delete"
	| "escape"
	| "up"
	| "down"
	| "left"
	| "right"
	| "home"
	| "end"
	| "pageUp"
	| "pageDown";

export type Key =
	| { readonly type: "text"; readonly text: string }
	| { readonly type: "paste"; readonly text: string }
	| { readonly type: "focus"; readonly on: boolean }
	| {
			readonly type: "key";
			readonly name: KeyName;
			readonly ctrl: boolean;
			readonly alt: boolean;
			readonly shift: boolean;
	  }
	/** A letter with Ctrl or Alt: `{ letter: "c", ctrl: true }`. */
	| { readonly type: "chord"; readonly letter: string; readonly ctrl: boolean };

const finals: Readonly<Record<string, KeyName>> = {
	A: "up",
	B: "down",
	C: "right",
	D: "left",
	H: "home",
	F: "end",
};

const tildes: Readonly<Record<string, KeyName>> = {
	1: "home",
	3: "delete",
	4: "end",
	5: "pageUp",
	6: "pageDown",
	7: "home",
	8: "end",
};

const singles: Readonly<Record<string, KeyName>> = {
	"\r": "enter",
	"\n": "enter",
	"\t": "tab",
	"\b": "backspace",
	"\u007f": "backspace",
};

/** The letters that mean something with Alt. */
const alternates: ReadonlySet<string> = new Set(["b", "d", "f"]);

const esc = "\u001b";
const pasteStart = `${esc}[200~`;
const pasteEnd = `${esc}[201~`;
/** An escape sequence that is longer is none. */
const sequenceMax = 32;
/** A paste without an end must not fill the memory. */
const pasteMax = 1_048_576;

// `ESC [ parameters final` or `ESC O final`; the flags are texts because the source holds no
// controls.
const sequence = new RegExp(`^${esc}(?:\\[([0-9;:<=>?]*)[ -/]*([@-~])|O([A-Z]))`);

export class KeyReader {
	private rest = "";

	/** Keys that are whole now. */
	read(chunk: string): Key[] {
		this.rest += chunk;
		const keys: Key[] = [];
		while (this.rest !== "") {
			const { key, used } = this.next();
			if (used === 0) break;
			this.rest = this.rest.slice(used);
			if (key !== null) keys.push(key);
		}
		return keys;
	}

	/** Something waits for more bytes; when none come, it was the Escape key. */
	get waits(): boolean {
		return this.rest !== "" && !this.rest.startsWith(pasteStart);
	}

	/** No more bytes came in time: Escape alone, then what followed it. */
	flush(): Key[] {
		if (!this.waits) return [];
		const text = this.rest.slice(1);
		this.rest = "";
		return [plainKey("escape"), ...this.read(text)];
	}

	private next(): { readonly key: Key | null; readonly used: number } {
		const { rest } = this;
		if (rest.startsWith(esc)) return this.escaped();
		const single = singles[rest[0] as string];
		if (single !== undefined) return { key: plainKey(single), used: 1 };
		const code = rest.charCodeAt(0);
		if (code < 0x20) {
			const letter = String.fromCharCode(code + 0x60);
			return { key: { type: "chord", letter, ctrl: true }, used: 1 };
		}
		let end = 1;
		while (end < rest.length && rest.charCodeAt(end) >= 0x20 && rest[end] !== "\u007f") end += 1;
		return { key: { type: "text", text: rest.slice(0, end) }, used: end };
	}

	private escaped(): { readonly key: Key | null; readonly used: number } {
		const { rest } = this;
		if (rest.startsWith(pasteStart)) return this.paste();
		const found = sequence.exec(rest);
		if (found !== null) return { key: named(found), used: found[0].length };
		if (rest.startsWith(`${esc}[`) || rest.startsWith(`${esc}O`)) {
			return rest.length > sequenceMax ? { key: null, used: rest.length } : { key: null, used: 0 };
		}
		const second = rest[1];
		if (second === undefined) return { key: null, used: 0 };
		if (second === esc) return { key: plainKey("escape"), used: 1 };
		const single = singles[second];
		if (single !== undefined) return { key: { ...plainKey(single), alt: true }, used: 2 };
		// Escape and what is typed next may come in one piece: of that nothing may be lost.
		if (!alternates.has(second)) return { key: plainKey("escape"), used: 1 };
		return { key: { type: "chord", letter: second, ctrl: false }, used: 2 };
	}

	private paste(): { readonly key: Key | null; readonly used: number } {
		const end = this.rest.indexOf(pasteEnd);
		const length = pasteStart.length;
		if (end >= 0) {
			const text = this.rest.slice(length, end);
			return { key: { type: "paste", text }, used: end + pasteEnd.length };
		}
		if (this.rest.length < pasteMax) return { key: null, used: 0 };
		return { key: { type: "paste", text: this.rest.slice(length) }, used: this.rest.length };
	}
}

function plainKey(name: KeyName): Key & { readonly type: "key" } {
	return { type: "key", name, ctrl: false, alt: false, shift: false };
}

/** Null: a sequence that means nothing here. */
function named([, parameters = "", final = "", single]: RegExpExecArray): Key | null {
	if (single === undefined && parameters === "" && (final === "I" || final === "O")) {
		return { type: "focus", on: final === "I" };
	}
	if (final === "Z") return { ...plainKey("tab"), shift: true };
	const [number = "", modifiers = "1"] = parameters.split(";");
	const name = final === "~" ? tildes[number] : finals[single ?? final];
	if (name === undefined) return null;
	const bits = Math.max(0, (Number.parseInt(modifiers, 10) || 1) - 1);
	return {
		type: "key",
		name,
		shift: (bits & 1) !== 0,
		alt: (bits & 2) !== 0,
		ctrl: (bits & 4) !== 0,
	};
}
