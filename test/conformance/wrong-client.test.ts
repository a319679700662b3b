// Clients that are wrong in one thing each, and the cross that has to stand for it.

import { randomBytes } from "node:crypto";
import t from "tap";
import type { Transport } from "../../src/client/transport.js";
import { type Choice, proveClient } from "../../src/conformance/index.js";
import {
	decodeClientFrame,
	decodeServerFrame,
	encodeClientFrame,
	encodeServerFrame,
} from "../../src/protocol/codec.js";
import type { ClientOp, ServerOp } from "../../src/protocol/frames.js";
import { deviceSubject } from "../helpers/device-subject.js";

interface Lie {
	readonly name: string;
	/** What the client says instead of an operation. */
	readonly says?: (op: ClientOp) => readonly ClientOp[];
	/** What it hears instead of one. */
	readonly hears?: (op: ServerOp) => readonly ServerOp[];
	readonly close?: (code: number) => number;
	readonly crossed: readonly [string, string];
	readonly got: RegExp;
	/** The situation to try, when the one crossed out is a rule for all bytes. */
	readonly tried?: readonly [string, string];
}

const lies: readonly Lie[] = [
	{
		name: "never ready",
		says: (op) => (op.type === "ready" ? [] : [op]),
		crossed: ["P-4.4", "welcomed"],
		got: /^list$/,
	},
	{
		name: "forgets its generation",
		says: (op) => (op.type === "hello" ? [{ ...op, accepted: 0, offered: 0 }] : [op]),
		crossed: ["P-4.4", "cut and connected again"],
		got: / 0 0$/,
	},
	{
		name: "says hello twice",
		says: (op) => (op.type === "hello" ? [op, op] : [op]),
		tried: ["P-1.6", "a transport ping"],
		crossed: ["P-4.2", "nothing but hello before welcome"],
		got: /a second hello/,
	},
	{
		name: "another device each time",
		says: (op) =>
			op.type === "hello" ? [{ ...op, device: randomBytes(8).toString("hex") }] : [op],
		crossed: ["P-14.2", "close 1001"],
		got: /half of its names/,
	},
	{
		name: "comes back whatever it is told",
		hears: (op) => (op.type === "goodbye" ? [] : [op]),
		close: () => 4000,
		crossed: ["P-14.1", "goodbye REPLACED"],
		got: /^connects again$/,
	},
	{
		name: "comes back at once whatever the hint",
		hears: (op) => {
			if (op.type === "goodbye") return [{ ...op, retryAfterMs: 0 }];
			return op.type === "drain" ? [{ ...op, retryAfterMs: 0 }] : [op];
		},
		crossed: ["P-14.3", "goodbye with retryAfterMs"],
		got: /^back after/,
	},
	{
		name: "hears no drain",
		hears: (op) => (op.type === "drain" ? [] : [op]),
		crossed: ["P-14.4", "a send after drain"],
		got: /^sent all the same$/,
	},
	{
		name: "goes to the same address, whatever drain says",
		hears: (op) => (op.type === "drain" ? [{ ...op, url: null }] : [op]),
		crossed: ["P-14.4", "drain that names another address"],
		got: /no connection came/,
	},
	{
		name: "confirms nothing",
		says: (op) => (op.type === "delivered" ? [] : [op]),
		crossed: ["P-6.3", "a message"],
		got: /no delivered came/,
	},
	{
		name: "pulls everything again each time",
		says: (op) => (op.type === "pull" ? [{ ...op, position: 0 }] : [op]),
		crossed: ["P-6.3", "a message that does not continue"],
		got: /^a pull from 0$/,
	},
	{
		name: "lets the end of a pull move",
		says: (op) => (op.type === "pull" ? [{ ...op, until: null }] : [op]),
		crossed: ["P-6.6", "a pull of two pages"],
		got: /^until null$/,
	},
	{
		name: "holds more than it has",
		says: (op) =>
			op.type === "held"
				? [{ ...op, held: op.held.map((one) => ({ ...one, position: one.position + 1 })) }]
				: [op],
		crossed: ["P-6.5", "a push before the marks"],
		got: /^held 2/,
	},
	{
		name: "does not keep its epoch apart",
		hears: (op) => (op.type === "welcome" ? [{ ...op, epoch: "same" }] : [op]),
		crossed: ["P-4.7", "another epoch"],
		got: /no list came/,
	},
	{
		name: "makes its sends anew each time",
		says: (op) =>
			op.type === "write" && op.command.type === "send"
				? [{ ...op, command: { ...op.command, id: randomBytes(16) } }]
				: [op],
		crossed: ["P-5.5", "cut before the answer"],
		got: /^something else$/,
	},
	{
		name: "makes its sends anew, as a rule for all bytes",
		says: (op) =>
			op.type === "write" && op.command.type === "send"
				? [{ ...op, command: { ...op.command, id: randomBytes(16) } }]
				: [op],
		tried: ["P-5.5", "cut before the answer"],
		crossed: ["P-5.6", "a number is said again"],
		got: /n 1, other bytes/,
	},
	{
		name: "never says what it has stored",
		says: (op) => (op.type === "write" ? [{ ...op, answered: 0 }] : [op]),
		crossed: ["P-5.3", "a send, its answer"],
		got: /n 2, answered 0$/,
	},
	{
		name: "knows no window",
		hears: (op) =>
			op.type === "welcome" ? [{ ...op, limits: { ...op.limits, window: 1_000 } }] : [op],
		crossed: ["P-5.3", "seven sends"],
		got: /^3 beyond the window$/,
	},
	{
		name: "uses a number of a request twice",
		says: (op) => ("request" in op ? [{ ...op, request: 1 }] : [op]),
		tried: ["P-6.3", "a message that does not continue"],
		crossed: ["P-9.2", "no number of a request twice"],
		got: /^pull 1/,
	},
];

/** Somebody between a client and its socket. */
function between({ says = (op) => [op], hears = (op) => [op], close = (code) => code }: Lie) {
	return (socket: Transport): Transport => {
		const told: Transport = {
			get buffered() {
				return socket.buffered;
			},
			send: (bytes) => {
				const frame = decodeClientFrame(bytes);
				if (!frame.ok) throw new Error(frame.detail);
				const ops = frame.ops.flatMap((op) => says(op as ClientOp));
				if (ops.length > 0) socket.send(encodeClientFrame(ops));
			},
			pause: () => socket.pause(),
			resume: () => socket.resume(),
			close: (code, reason) => socket.close(code, reason),
			onMessage: () => {},
			onClose: () => {},
		};
		socket.onMessage = (bytes) => {
			const frame = decodeServerFrame(bytes);
			if (!frame.ok) throw new Error(frame.detail);
			const ops = frame.ops.flatMap((op) => hears(op));
			if (ops.length > 0) told.onMessage(encodeServerFrame(ops));
		};
		socket.onClose = (code, reason) => told.onClose(close(code), reason);
		return told;
	};
}

function among(situations: readonly (readonly [string, string])[]): Choice {
	return ({ clause, situation }) =>
		situations.some(([number, start]) => clause === number && situation.startsWith(start));
}

t.test("each wrong client gets the cross that it deserves", async (t) => {
	const reports = lies.map(async (lie) => {
		const { crossed, tried = crossed } = lie;
		return proveClient({ subject: deviceSubject(between(lie)), only: among([tried]) });
	});
	for (const [at, report] of (await Promise.all(reports)).entries()) {
		const { name, crossed, got } = lies[at] as Lie;
		const wrong = report.findings.find(among([crossed]));
		t.equal(wrong?.ok, false, `${name}: crossed out`);
		t.match(wrong?.got, got, name);
	}
});
