// Flags of the bench: `--name value`, `--name=value` or `--name` alone. Each scenario asks for
// those it knows; what nobody asked for is refused, so that a typing error is no silent default.

export class Flags {
	readonly words: string[] = [];
	private readonly values = new Map<string, string>();
	private readonly asked = new Set<string>();

	constructor(args: readonly string[], switches: readonly string[]) {
		for (let at = 0; at < args.length; at += 1) {
			const arg = args[at] as string;
			if (!arg.startsWith("--")) {
				this.words.push(arg);
				continue;
			}
			const [name, inline] = split(arg.slice(2));
			if (inline !== null) this.values.set(name, inline);
			else if (switches.includes(name)) this.values.set(name, "true");
			else {
				at += 1;
				const value = args[at];
				if (value === undefined) throw new Error(`--${name} wants a value`);
				this.values.set(name, value);
			}
		}
	}

	text(name: string): string | null {
		this.asked.add(name);
		return this.values.get(name) ?? null;
	}

	on(name: string): boolean {
		return this.text(name) === "true";
	}

	number(name: string, fallback: number): number;
	number(name: string, fallback: number | null): number | null;
	number(name: string, fallback: number | null): number | null {
		const text = this.text(name);
		if (text === null) return fallback;
		const value = Number(text);
		if (!Number.isFinite(value) || value < 0) throw new Error(`--${name} wants a number: ${text}`);
		return value;
	}

	/** Flags that no scenario of this run asked for. */
	unknown(): string[] {
		return [...this.values.keys()].filter((name) => !this.asked.has(name));
	}
}

function split(flag: string): [string, string | null] {
	const at = flag.indexOf("=");
	return at < 0 ? [flag, null] : [flag.slice(0, at), flag.slice(at + 1)];
}
