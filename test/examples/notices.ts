// What the help desk tells its customers by itself. Who does not have a notice after ten minutes
// gets it by mail as well.

import type { Client, Message } from "../../src/sdk/index.js";

export type Mail = (user: string, text: string) => void;

/** The host's timers: the system's, or a test's. */
export interface Timers {
	after(ms: number, run: () => void): unknown;
}

export const mailAfterMs = 10 * 60_000;

export class Notices {
	constructor(
		/** Signed in as the desk. */
		private readonly desk: Client,
		private readonly mail: Mail,
		private readonly timers: Timers,
	) {}

	async tell(user: string, text: string): Promise<Message> {
		const conversation = await this.desk.open(user);
		const notice = conversation.send(text);
		this.timers.after(mailAfterMs, () => {
			const arrived = notice.status === "delivered" || notice.status === "seen";
			if (!arrived) this.mail(user, text);
		});
		return notice;
	}
}
