// A seat in a process of its own, to be killed: `node dist/test/sdk/seat-process.js OPTIONS` with a
// channel, over which calls come by name and answers go back.

import { connect } from "../../src/sdk/index.js";
import { type Seat, type SeatOptions, takeSeat } from "./seat.js";

export interface Call {
	readonly id: number;
	readonly name: keyof Seat;
	readonly args: readonly unknown[];
}

export type Answer =
	| { readonly id: number; readonly value: unknown }
	| { readonly id: number; readonly error: string };

const seat = takeSeat(connect, JSON.parse(process.argv[2] ?? "") as SeatOptions);

process.on("message", async ({ id, name, args }: Call) => {
	const answer = (one: Answer) => process.send?.(one);
	try {
		const value = await (seat[name] as (...values: unknown[]) => Promise<unknown>)(...args);
		answer({ id, value: value ?? null });
	} catch (cause) {
		answer({ id, error: String(cause) });
	}
	// The channel would keep it alive.
	if (name === "close") process.disconnect();
});
