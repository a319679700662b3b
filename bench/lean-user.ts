// A user of the load who is connected and has nothing to say: for crowds that are idle, and for
// those that all come back at once.

import { Link, type LinkOwner, type Net } from "./lean-link.js";

export class LeanUser implements LinkOwner {
	readonly link: Link;
	private onReady: () => void = () => {};

	constructor(net: Net, token: string) {
		this.link = new Link(net, token, this);
	}

	/** Resolves once a session is ready, also after a loss that this is called before. */
	untilReady(): Promise<void> {
		return new Promise((resolve) => {
			this.onReady = resolve;
		});
	}

	async connected(): Promise<void> {
		const ready = this.untilReady();
		this.link.connect();
		await ready;
	}

	ready(): void {
		this.onReady();
	}

	listed(): void {}
	marks(): void {}
	answer(): void {}
	message(): void {}
	status(): void {}
	other(): void {}
}
