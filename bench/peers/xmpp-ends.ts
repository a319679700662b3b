// A pair over XMPP: the few stanzas of a cycle written and found by hand, because a client library
// that makes a tree of each would be busier than the server. The server's stanzas are well-formed
// and unlike each other, so that a stream is cut at the ends of those that are known.

import type { Socket } from "node:net";
import { markOf, writeMark } from "../lean-wire.js";
import { dial, gather } from "./gather.js";
import type { Ends, Sink } from "./peer.js";

const domain = "localhost";
const stream =
	`<?xml version='1.0'?><stream:stream to='${domain}' version='1.0' xmlns='jabber:client'` +
	" xmlns:stream='http://etherx.jabber.org/streams'>";
const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const managed = "xmlns='urn:xmpp:sm:3'";
const markers = "xmlns='urn:xmpp:chat-markers:0'";
const askAck = `<r ${managed}/>`;

export async function openXmpp(port: number, pair: number, sink: Sink): Promise<Ends> {
	const [a, b] = await Promise.all([
		join(port, `a${pair}`, sink, true),
		join(port, `b${pair}`, sink, false),
	]);
	let acked = 0;
	let asked = false;
	a.onAck = (handled) => {
		while (acked < handled) {
			acked += 1;
			sink.sent(acked);
		}
	};
	a.onStanza = (stanza) => {
		const at = stanza.indexOf("<received");
		const id = /id=['"]([0-9a-f]{8})['"]/.exec(stanza.slice(at))?.[1];
		if (at < 0 || id === undefined) sink.fault(`A got ${stanza}`);
		else sink.delivered(Number.parseInt(id, 16));
	};
	b.onStanza = (stanza) => {
		const at = stanza.indexOf("<body>");
		if (at < 0) sink.fault(`B got ${stanza}`);
		else sink.received(markOf(Buffer.from(stanza.substr(at + 6, 8)), 0));
	};
	const mark = Buffer.alloc(8);
	const idOf = (n: number) => {
		writeMark(mark, n);
		return mark.toString();
	};
	return {
		send(n, content) {
			const body = escaped(content.toString());
			a.write(
				`<message to='b${pair}@${domain}' type='chat' id='${idOf(n)}'>` +
					`<body>${body}</body><markable ${markers}/></message>`,
			);
			if (asked) return;
			asked = true;
			// After the last message of this turn, and before what is gathered leaves.
			queueMicrotask(() => {
				asked = false;
				a.write(askAck);
			});
		},
		confirm(n) {
			b.write(
				`<message to='a${pair}@${domain}' type='chat'>` +
					`<received ${markers} id='${idOf(n)}'/></message>`,
			);
		},
	};
}

/** Logged in, its session bound (A's managed too), and present: messages come. */
async function join(port: number, user: string, sink: Sink, manage: boolean): Promise<XmppEnd> {
	const end = new XmppEnd(await dial(port, sink.fault.bind(sink)));
	const secret = Buffer.from(`\0${user}\0secret`).toString("base64");
	await end.ask(stream, "</stream:features>");
	await end.ask(`<auth ${sasl} mechanism='PLAIN'>${secret}</auth>`, "<success");
	await end.ask(stream, "</stream:features>");
	const bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
	await end.ask(`<iq type='set' id='bind'>${bind}</iq>`, "</iq>");
	await end.ask("<presence/>", "<presence");
	if (manage) await end.ask(`<enable ${managed}/>`, "<enabled");
	end.start();
	return end;
}

class XmppEnd {
	/** The server has handled so many stanzas since its acks were switched on. */
	onAck: (handled: number) => void = () => {};
	onStanza: (stanza: string) => void = () => {};
	private readonly socket: Socket;
	private rest = "";
	private handled = 0;
	private started = false;
	private awaited = "";
	private answered = () => {};

	constructor(socket: Socket) {
		this.socket = socket;
		socket.setEncoding("latin1");
		socket.on("data", (chunk: string) => {
			this.rest += chunk;
			if (this.started) this.read();
			else this.look();
		});
	}

	write(text: string): void {
		gather(this.socket).write(text);
	}

	/** Before the start: one thing at a time; resolves when the answer holds `part`. */
	ask(text: string, part: string): Promise<void> {
		this.write(text);
		this.awaited = part;
		return new Promise((resolve) => {
			this.answered = resolve;
		});
	}

	start(): void {
		this.started = true;
		this.rest = this.rest.slice(this.rest.lastIndexOf(">") + 1);
	}

	private look(): void {
		const failed = /<(?:failure|stream:error|failed)|type='error'/.test(this.rest);
		if (failed) throw new Error(`the server said ${this.rest}`);
		if (!this.rest.includes(this.awaited)) return;
		this.rest = "";
		this.answered();
	}

	private read(): void {
		const text = this.rest;
		let at = 0;
		for (;;) {
			const end = endOf(text, at);
			if (end < 0) break;
			this.take(text.slice(at, end));
			at = end;
		}
		this.rest = text.slice(at);
	}

	private take(element: string): void {
		if (element.startsWith("<message")) {
			this.handled += 1;
			this.onStanza(element);
		} else if (element.startsWith("<a ")) {
			this.onAck(Number(/h=['"](\d+)['"]/.exec(element)?.[1]));
		} else if (element.startsWith("<r ")) {
			this.write(`<a ${managed} h='${this.handled}'/>`);
		} else throw new Error(`the server said ${element}`);
	}
}

/** Where the element that starts here ends; -1: it is not all there yet. */
function endOf(text: string, start: number): number {
	const close = text.startsWith("<message", start) ? "</message>" : ">";
	const at = text.indexOf(close, start);
	return at < 0 ? -1 : at + close.length;
}

function escaped(text: string): string {
	return text.replace(/[&<]/g, (sign) => (sign === "&" ? "&amp;" : "&lt;"));
}
