// Uploads that resume, loaded when there are any: the library behind them takes as long to load as
// half of the rest of a server.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Resumable, ResumableParts } from "./resumable.js";

export const path = "/media/uploads";

export function isResumable(pathname: string): boolean {
	return pathname === path || pathname.startsWith(`${path}/`);
}

export class ResumableLater {
	private loading: Promise<Resumable> | null = null;

	private constructor(private readonly parts: ResumableParts) {}

	/** At once when a former process left some: their bytes count in their users' quota. */
	static async open(parts: ResumableParts): Promise<ResumableLater> {
		const later = new ResumableLater(parts);
		if ((await parts.drafts.ids()).length > 0) await later.load();
		return later;
	}

	/** Answers one request of a user. */
	async answer(request: IncomingMessage, response: ServerResponse, user: string): Promise<void> {
		await (await this.load()).answer(request, response, user);
	}

	/** Drafts that went by age. */
	async gone(ids: readonly string[]): Promise<void> {
		(await this.loading)?.gone(ids);
	}

	private load(): Promise<Resumable> {
		this.loading ??= import("./resumable.js")
			.then(({ Resumable }) => Resumable.open(this.parts))
			.catch((error: unknown) => {
				// A disk that fails now may be well for the next request.
				this.loading = null;
				throw error;
			});
		return this.loading;
	}
}
