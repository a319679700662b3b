// What a load finds wrong, by kind, and the check of a numbered stream that tells the kinds apart.
// A run with a fault is no result.

export const faultKinds = ["lost", "doubled", "reordered", "receiptsBackwards", "other"] as const;

export type FaultKind = (typeof faultKinds)[number];

export type Correctness = Readonly<Record<FaultKind, number>>;

export interface FaultFigures {
	readonly faults: number;
	readonly firstFaults: readonly string[];
	readonly correctness: Correctness;
}

const firstFaultsMax = 10;

export class Faults {
	private readonly first: string[] = [];
	private readonly counts: Record<FaultKind, number>;

	constructor() {
		this.counts = { lost: 0, doubled: 0, reordered: 0, receiptsBackwards: 0, other: 0 };
	}

	add(what: string, kind: FaultKind = "other"): void {
		this.counts[kind] += 1;
		if (this.first.length < firstFaultsMax) this.first.push(what);
	}

	get figures(): FaultFigures {
		return { faults: total(this.counts), firstFaults: this.first, correctness: this.counts };
	}
}

/** What several loads found. */
export function allFaults(found: readonly FaultFigures[]): FaultFigures {
	const count = (kind: FaultKind) => found.reduce((sum, one) => sum + one.correctness[kind], 0);
	const pairs = faultKinds.map((kind) => [kind, count(kind)] as const);
	const correctness = Object.fromEntries(pairs) as unknown as Correctness;
	const firstFaults = found.flatMap((one) => one.firstFaults).slice(0, firstFaultsMax);
	return { faults: total(correctness), firstFaults, correctness };
}

function total(counts: Correctness): number {
	return faultKinds.reduce((sum, kind) => sum + counts[kind], 0);
}

/**
 * A stream that must bring 1, 2, 3 …: what comes late was reordered, what comes again is doubled,
 * what has not come by the end is lost.
 */
export class Order {
	last = 0;
	private readonly missing = new Set<number>();
	private readonly name: string;
	private readonly fault: (what: string, kind: FaultKind) => void;

	constructor(name: string, fault: (what: string, kind: FaultKind) => void) {
		this.name = name;
		this.fault = fault;
	}

	/** True when it was its turn. */
	take(n: number): boolean {
		if (n === this.last + 1) {
			this.last = n;
			return true;
		}
		if (n > this.last) {
			for (let absent = this.last + 1; absent < n; absent += 1) this.missing.add(absent);
			this.last = n;
		} else if (this.missing.delete(n)) {
			this.fault(`${this.name}: ${n} came after ${this.last}`, "reordered");
		} else this.fault(`${this.name}: ${n} came again`, "doubled");
		return false;
	}

	/** Nothing follows; `sent` is how many there should have been. */
	end(sent: number): void {
		for (const n of this.missing) this.fault(`${this.name}: ${n} never came`, "lost");
		for (let n = this.last + 1; n <= sent; n += 1) {
			this.fault(`${this.name}: ${n} never came`, "lost");
		}
	}
}
