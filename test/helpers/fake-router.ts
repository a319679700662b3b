// Actors that remember what they were asked and answer every numbered operation at once, unless a
// test wants to answer itself.

import type {
	HelloOutcome,
	RoutedOp,
	RouterPort,
	SessionInfo,
	SessionPort,
} from "../../actors/port.js";
import type { ServerOp } from "../../src/protocol/frames.js";

type Hello = Parameters<RouterPort["hello"]>[0];

export interface FakeRouter extends RouterPort {
	readonly hellos: Hello[];
	readonly routed: { readonly session: SessionInfo; readonly op: RoutedOp }[];
	readonly resynced: SessionInfo[];
	readonly gone: SessionInfo[];
	/** What hello answers; by default the device's next generation. */
	outcome: (hello: Hello) => HelloOutcome | Promise<HelloOutcome>;
	/** False: numbered operations stay unanswered. */
	answering: boolean;
	/** Whom to answer through. */
	port: SessionPort | null;
}

export function welcomed(current: number): HelloOutcome {
	return {
		ok: true,
		current,
		generation: current + 1,
		fresh: current === 0,
		pid: "<0.1.1>",
		name: "",
		picture: "",
		presence: "everyone",
	};
}

export function fakeRouter(): FakeRouter {
	const router: FakeRouter = {
		hellos: [],
		routed: [],
		resynced: [],
		gone: [],
		outcome: (hello) => welcomed(hello.offered),
		answering: true,
		port: null,
		async hello(hello) {
			router.hellos.push(hello);
			return router.outcome(hello);
		},
		route(session, ops) {
			for (const op of ops) router.routed.push({ session, op });
			if (!router.answering) return;
			const answers = ops.flatMap(answerTo);
			if (answers.length > 0) router.port?.deliver(session.serial, answers);
		},
		resync(session) {
			router.resynced.push(session);
		},
		closed(session) {
			router.gone.push(session);
		},
	};
	return router;
}

/** Some lawful answer to whatever has a number. */
export function answerTo(op: RoutedOp): ServerOp[] {
	if (op.type === "write") {
		const { conversation, n } = op;
		return [
			{ type: "answer", conversation, n, from: n - 1, position: n, seq: n, at: 1, text: null },
		];
	}
	if ("request" in op) {
		return [{ type: "error", request: op.request, code: "USER_UNKNOWN", detail: "" }];
	}
	return [];
}
