// A map whose content is made when somebody first looks at it: a start with ten thousand
// conversations looks at few.

import type { Table } from "../client/memory-store.js";

export class LateMap<K, V> implements Table<K, V> {
	private readonly make: () => Map<K, V>;
	private map: Map<K, V> | null = null;

	constructor(make: () => Map<K, V>) {
		this.make = make;
	}

	/** The map with all that it has. */
	protected all(): Map<K, V> {
		this.map ??= this.make();
		return this.map;
	}

	get size(): number {
		return this.all().size;
	}

	get(key: K): V | undefined {
		return this.all().get(key);
	}

	has(key: K): boolean {
		return this.get(key) !== undefined;
	}

	set(key: K, value: V): void {
		this.all().set(key, value);
	}

	clear(): void {
		this.all().clear();
	}

	forEach(run: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
		this.all().forEach(run);
	}

	keys() {
		return this.all().keys();
	}

	values() {
		return this.all().values();
	}

	entries() {
		return this.all().entries();
	}

	[Symbol.iterator]() {
		return this.entries();
	}
}
