// Situations of a client's outbox: what is sent, what is sent again, and what is not.

import type { ErrorCode } from "../base/errors.js";
import { encodeClientOp } from "../protocol/codec.js";
import type { ServerOp } from "../protocol/frames.js";
import { utf8 } from "./bytes.js";
import {
	answer,
	type ClientStage,
	entry,
	group,
	me,
	push,
	result,
	row,
	situation,
} from "./client-stage.js";
import type { Peer, Said } from "./peer.js";

function refused(write: Said<"write">, code: ErrorCode, expected: number | null = null): ServerOp {
	const { conversation, n } = write;
	return { type: "refused", conversation, n, code, detail: "", expected };
}

/** A client that has queued so many sends, and the writes of them that came. */
async function sent(stage: ClientStage, texts: readonly string[]) {
	const peer = await stage.live();
	const writes: Said<"write">[] = [];
	for (const text of texts) {
		stage.client.send(group, text);
		writes.push(await peer.next("write"));
	}
	const { outbox } = peer;
	return { peer, outbox, writes, write: writes[0] as Said<"write"> };
}

async function back(stage: ClientStage): Promise<Peer> {
	const peer = await stage.welcomed({ fresh: false });
	peer.say({ type: "marks", marks: [], last: true });
	return peer;
}

function same(one: Said<"write">, other: Said<"write">): boolean {
	const bytes = [one, other].map((op) => encodeClientOp({ ...op, answered: 0 }));
	return Buffer.compare(bytes[0] as Uint8Array, bytes[1] as Uint8Array) === 0;
}

const numbers = (writes: readonly Said<"write">[]) => writes.map(({ n }) => `n ${n}`).join(", ");

const wrote = (ops: readonly { type: string }[]) => ops.some(({ type }) => type === "write");

const shown = ({ n, answered }: Said<"write">) => `n ${n}, answered ${answered}`;

/** Refusals that leave the outcome open. */
const retryable: readonly ErrorCode[] = ["OVERLOADED", "UNAVAILABLE", "JOURNAL_IO", "SEND_WINDOW"];
/** Final ones, one of them of a name that only a newer server has. */
const final: readonly ErrorCode[] = ["NOT_ALLOWED", "BLOCKED", "MESSAGE_TOO_LARGE", "OP_UNKNOWN"];

export const writeSituations = [
	situation("5.2", "three sends", "n 1, n 2, n 3", async (s) => {
		const { writes } = await sent(s, ["one", "two", "three"]);
		return numbers(writes);
	}),
	situation(
		"5.3",
		"a send, its answer, another send",
		"n 1, answered 0; n 2, answered 1",
		async (s) => {
			const { peer, write } = await sent(s, ["one"]);
			peer.say(answer(write, 1));
			await peer.wait(100);
			s.client.send(group, "two");
			return `${shown(write)}; ${shown(await peer.next("write"))}`;
		},
	),
	situation(
		"5.3",
		"seven sends within a window of four",
		"four, then one for each answer",
		async (s) => {
			const { peer, writes } = await sent(s, ["1", "2", "3", "4"]);
			for (const text of ["5", "6", "7"]) s.client.send(group, text);
			const early = (await peer.quiet()).filter(({ type }) => type === "write").length;
			if (early > 0) return `${early} beyond the window`;
			peer.say(answer(writes[0] as Said<"write">, 1));
			const { n } = await peer.next("write");
			const more = (await peer.quiet()).filter(({ type }) => type === "write").length;
			return n === 5 && more === 0 ? "four, then one for each answer" : `n ${n}, ${more} more`;
		},
	),
	situation("5.5", "cut before the answer", "the same again", async (s) => {
		const { peer, write } = await sent(s, ["one"]);
		peer.cut();
		const again = await (await back(s)).next("write");
		return same(write, again) ? "the same again" : "something else";
	}),
	situation(
		"5.5",
		"cut before three answers, of which one had come",
		"n 2, n 3, the same again",
		async (s) => {
			const { peer, writes } = await sent(s, ["one", "two", "three"]);
			peer.say(answer(writes[0] as Said<"write">, 1));
			await peer.wait(150);
			peer.cut();
			const next = await back(s);
			const again = [await next.next("write"), await next.next("write")];
			const unchanged = again.every((one, at) => same(one, writes[at + 1] as Said<"write">));
			return `${numbers(again)}, ${unchanged ? "the same again" : "changed"}`;
		},
	),
	situation("5.5", "an answer that comes twice", "nothing happens; n 2, answered 1", async (s) => {
		const { peer, write } = await sent(s, ["one"]);
		peer.say(answer(write, 1), answer(write, 1));
		const more = await peer.quiet();
		s.client.send(group, "two");
		const next = shown(await peer.next("write"));
		return `${wrote(more) ? "sent again" : "nothing happens"}; ${next}`;
	}),
	...final.map((code) =>
		situation("5.5", `refused ${code}`, "not again; n 2, answered 1", async (s) => {
			const { peer, write } = await sent(s, ["one"]);
			peer.say(refused(write, code));
			const more = await peer.quiet();
			s.client.send(group, "two");
			const next = shown(await peer.next("write"));
			return `${wrote(more) ? "again" : "not again"}; ${next}`;
		}),
	),
	situation(
		"13.2",
		"refused with a code that nobody knows",
		"not again; n 2, answered 1",
		async (s) => {
			const { peer } = await sent(s, ["one"]);
			// refused, g1, n 1, BRAND_NEW, ""
			peer.sayHex(`9542a2673101a9${utf8("BRAND_NEW").toString("hex")}a0`);
			const more = await peer.quiet();
			s.client.send(group, "two");
			const next = shown(await peer.next("write"));
			return `${wrote(more) ? "again" : "not again"}; ${next}`;
		},
	),
	...retryable.map((code) =>
		situation("5.8", `refused ${code}`, "the same again", async (s) => {
			const { peer, write } = await sent(s, ["one"]);
			peer.say(refused(write, code));
			const again = await peer.next("write");
			return same(write, again) ? "the same again" : "something else";
		}),
	),
	situation(
		"5.4",
		"two sends, the first lost: SEND_GAP expected 1",
		"n 1, n 2, the same again",
		async (s) => {
			const { peer, writes } = await sent(s, ["one", "two"]);
			peer.say(refused(writes[1] as Said<"write">, "SEND_GAP", 1));
			const quiet = (await peer.quiet()).some(({ type }) => type === "write");
			peer.say(refused(writes[0] as Said<"write">, "UNAVAILABLE"));
			const again = [await peer.next("write"), await peer.next("write")];
			const unchanged = again.every((one, at) => same(one, writes[at] as Said<"write">));
			if (quiet) return "went back before everything in flight was answered";
			return `${numbers(again)}, ${unchanged ? "the same again" : "changed"}`;
		},
	),
	situation(
		"5.10",
		"the answer to one's own send, then a push behind it",
		"delivered 2",
		async (s) => {
			const { peer, write } = await sent(s, ["mine"]);
			peer.say(answer(write, 1), push(2));
			const op = await peer.match(
				({ type }) => type === "pull" || type === "delivered",
				"a receipt",
			);
			if (op.type === "delivered") return `delivered ${op.seq}`;
			// Asking for one's own row as well is lawful, if not needed.
			const items = [row(1, { sender: me }), row(2)].map(
				(message) => ({ type: "message", message }) as const,
			);
			const { request } = op as Said<"pull">;
			peer.say(result(request, { type: "pull", items, position: 3, until: 3, done: true }));
			return `delivered ${(await peer.next("delivered")).seq}`;
		},
	),
	situation("5.2", "queued while away", "sent when back", async (s) => {
		const peer = await s.live();
		peer.cut();
		s.client.send(group, "offline");
		const { n } = await (await back(s)).next("write");
		return n === 1 ? "sent when back" : `n ${n}`;
	}),
	...(["SEND_CONFLICT", "SEND_STALE", "SESSION_STALE"] as const).map((code) =>
		situation("5.9", `refused ${code}`, "a new outbox, the send in it", async (s) => {
			const { peer, write, outbox } = await sent(s, ["one"]);
			peer.say(refused(write, code));
			const next = await s.harbour.connection();
			const hello = await next.next("hello");
			next.say(s.welcome(hello));
			await next.next("ready");
			next.say({ type: "marks", marks: [], last: true });
			// Who has all rows anyhow may look for its sends without the list.
			const op = await next.match(({ type }) => type === "list" || type === "write", "write");
			if (op.type === "list") {
				const page = { type: "list", entries: [entry()], cursor: null } as const;
				next.say(result(op.request, page));
			}
			const moved = op.type === "write" ? op : await next.next("write");
			const { command } = moved;
			const text = command.type === "send" ? Buffer.from(command.content).toString() : "";
			const other = hello.outbox !== outbox && text.includes("one");
			return other ? "a new outbox, the send in it" : `${hello.outbox} ${text}`;
		}),
	),
];
