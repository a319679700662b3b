// Chapters 13, 14 and 15: errors, ends of a connection, other versions.

import { opCode } from "../protocol/frames.js";
import { randomHex, sendOf } from "./caller.js";
import { check, words } from "./stage.js";

export const endChecks = [
	check("13.1", "a retryable refusal, then the same again", "SEND_GAP, then ok", async (s) => {
		const ann = await s.device(await s.person());
		const self = await ann.open(ann.me);
		const command = sendOf();
		ann.write(self, 2, 0, command);
		const first = await ann.decided(2);
		ann.write(self, 1, 0, sendOf());
		await ann.decided(1);
		ann.write(self, 2, 0, command);
		const second = await ann.decided(2);
		const said = [first, second].map((op) => (op.type === "refused" ? op.code : "ok"));
		return said.join(", then ");
	}),
	check("13.1", "an error that ends no connection", "still open", async (s) => {
		const ann = await s.device(await s.person());
		ann.sayHex("9132");
		await ann.next("error");
		return (await ann.asked({ type: "ping" })) === "ok" ? "still open" : "closed";
	}),
	check(
		"14.1",
		"goodbye comes before the close, and nothing behind it",
		"goodbye PROTOCOL, then closed",
		async (s) => {
			const ann = await s.device(await s.person());
			ann.sayHex("05");
			await ann.end();
			const last = ann.heard.at(-1);
			return last?.type === "goodbye" ? `${words(last)}, then closed` : words(...ann.heard);
		},
	),
	check("14.5", "the client closes with 1000", "close 1000", async (s) => {
		const ann = await s.device(await s.person());
		ann.socket.close(1000);
		return ann.end();
	}),
	check("15.1", "hello of version 2", "goodbye VERSION, close 4507, naming 1", async (s) => {
		const ann = await s.dial(await s.person());
		ann.hello({ version: 2 });
		const end = await ann.end();
		const goodbye = await ann.next("goodbye");
		return `${end}, naming ${/\b1\b/.test(goodbye.detail) ? "1" : "nothing"}`;
	}),
	check(
		"15.3",
		"an unknown operation between two others",
		"result 1 ping, error nil OP_UNKNOWN, result 2 ping",
		async (s) => {
			const ann = await s.device(await s.person());
			ann.sayHex("9211019132921102");
			const ops = [
				await ann.match(() => true, "1"),
				await ann.match(() => true, "2"),
				await ann.match(() => true, "3"),
			];
			return words(...ops);
		},
	),
	check("15.3", "an operation of servers, said by a client", "error nil OP_UNKNOWN", async (s) => {
		const ann = await s.device(await s.person());
		ann.sayHex(`91${opCode.answer.toString(16)}`);
		return words(await ann.next("error"));
	}),
	check(
		"15.3",
		"an unknown command, then a known one",
		"refused 1 OP_UNKNOWN, answer 2",
		async (s) => {
			const ann = await s.device(await s.person());
			const group = randomHex(16);
			const id = `d920${Buffer.from(group).toString("hex")}`;
			ann.sayHex(`9503${id}01009132`);
			const first = words(await ann.decided(1));
			ann.write(group, 2, 1, { type: "create", kind: "group", title: "", members: [] });
			return `${first}, ${words(await ann.decided(2))}`;
		},
	),
];
