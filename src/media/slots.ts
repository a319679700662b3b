// A bound on what goes on at once: file operations of media share libuv's pool of threads with the
// commit, which must always find one free. First come, first served; who waits holds one chunk.

export class Slots {
	private free: number;
	private readonly waiting: (() => void)[] = [];

	constructor(atOnce: number) {
		this.free = atOnce;
	}

	async run<T>(job: () => Promise<T>): Promise<T> {
		if (this.free > 0) this.free -= 1;
		else await new Promise<void>((resolve) => this.waiting.push(resolve));
		try {
			return await job();
		} finally {
			const next = this.waiting.shift();
			if (next === undefined) this.free += 1;
			else next();
		}
	}
}

/** One at a time for each name: an upload and the collection of the same bytes. */
export class Locks {
	private readonly tails = new Map<string, Promise<void>>();

	async run<T>(name: string, job: () => Promise<T>): Promise<T> {
		const before = this.tails.get(name);
		let release: () => void = () => {};
		const mine = new Promise<void>((resolve) => {
			release = resolve;
		});
		this.tails.set(name, mine);
		await before;
		try {
			return await job();
		} finally {
			if (this.tails.get(name) === mine) this.tails.delete(name);
			release();
		}
	}
}
