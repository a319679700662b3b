// What the SDK makes of a server's answers, and of none: a server of the test's own, and a clock
// that passes when it is told to.

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import { connect } from "../../src/sdk/index.js";
import { openMedia } from "../../src/sdk/media.js";
import { HandClock } from "../client/hand-clock.js";
import { eventually } from "./party.js";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that gives these answers, the last one for ever, and a client that never connects. */
async function against(t: Test, ...answers: Answer[]) {
	const asked: IncomingMessage[] = [];
	const server = createServer((request, response) => {
		request.resume();
		const answer = answers[Math.min(asked.length, answers.length - 1)];
		asked.push(request);
		answer?.(request, response);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const clock = new HandClock();
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const transport = () => Promise.reject(new Error("no socket here"));
	const client = connect({ url: `${url}/chat/v1`, token: "token", transport, clock });
	client.on("error", () => {});
	t.teardown(async () => {
		await client.close();
		server.closeAllConnections();
		server.close();
	});
	return { asked, clock, upload: () => openMedia(client).upload(new Uint8Array(1_000)) };
}

const json =
	(status: number, code: string): Answer =>
	(_, response) =>
		response.writeHead(status).end(JSON.stringify({ code, detail: "" }));

/** Lets time pass until so many requests have come. */
async function until(clock: HandClock, asked: readonly unknown[], count: number): Promise<void> {
	await eventually(() => {
		void clock.pass(1_000);
		return asked.length >= count;
	});
}

t.test("what stands between is waited out; the server itself is believed after five", async (t) => {
	const html: Answer = (_, response) => response.writeHead(502).end("<h1>Bad Gateway</h1>");
	const six = [html, html, html, html, html, html];
	const { asked, clock, upload } = await against(t, ...six, json(503, "OVERLOADED"));
	const refused = t.rejects(upload(), { code: "OVERLOADED", retryable: true });
	await until(clock, asked, 11);
	await refused;
	t.equal(asked.length, 11);
	t.equal(asked[0]?.url, "/chat/media/uploads", "below the path that the server has");
	t.equal(asked[0]?.headers.authorization, "Bearer token");
});

t.test("what is final is told at once, also with a status alone", async (t) => {
	const told = async (answer: Answer, code: string) => {
		const { asked, upload } = await against(t, answer);
		await t.rejects(upload(), { code });
		t.equal(asked.length, 1, code);
	};
	await told(json(413, "MEDIA_QUOTA"), "MEDIA_QUOTA");
	await told((_, response) => response.writeHead(413).end(), "MEDIA_TOO_LARGE");
	await told((_, response) => response.writeHead(418).end("tea"), "BAD_REQUEST");
	await told(json(418, "OF_A_LATER_VERSION"), "BAD_REQUEST");
	await told(json(401, "AUTH_EXPIRED"), "AUTH_EXPIRED");
});

t.test("a server that asks for patience gets it", async (t) => {
	const later: Answer = (_, response) =>
		response
			.writeHead(429, { "retry-after": "60" })
			.end(JSON.stringify({ code: "RATE_LIMITED", detail: "" }));
	const { asked, clock, upload } = await against(t, later, json(413, "MEDIA_QUOTA"));
	const refused = t.rejects(upload(), { code: "MEDIA_QUOTA" });
	await eventually(() => asked.length === 1);
	await clock.pass(59_000);
	await new Promise((resolve) => setTimeout(resolve, 50));
	t.equal(asked.length, 1);
	await until(clock, asked, 2);
	await refused;
});

t.test("a connection that is dead is given up, and another one made", async (t) => {
	const { asked, clock, upload } = await against(t, () => {}, json(413, "MEDIA_QUOTA"));
	const refused = t.rejects(upload(), { code: "MEDIA_QUOTA" });
	await eventually(() => asked.length === 1);
	await until(clock, asked, 2);
	await refused;
	t.equal(asked.length, 2);
});
