// States with reasons, tokens, sleep and nonsense: the SDK against a scripted server and a clock
// that tests move.

import t from "tap";
import type { TokenReason } from "../../src/sdk/index.js";
import { SdkStage } from "./stage.js";

t.test("connect returns at once, and each change has its reason", async (t) => {
	const stage = new SdkStage();
	t.match(stage.client.state.snapshot(), { type: "connecting", reason: null, retryAt: null });
	await stage.welcome();
	t.equal(stage.client.user, "ann");
	t.match(stage.client.state.snapshot(), { type: "connected", reason: null });
	stage.refuse = 1;
	stage.peer.cut();
	await stage.settle();
	const { type, reason, retryAt } = stage.client.state.snapshot();
	t.match({ type, reason }, { type: "waiting", reason: { code: "OFFLINE", retryable: true } });
	t.ok((retryAt ?? 0) > stage.clock.now() && (retryAt ?? 0) <= stage.clock.now() + 500);
	await stage.welcome();
	await stage.client.close();
	t.match(stage.client.state.snapshot(), { type: "closed", reason: null, retryAt: null });
	t.same(
		stage.states,
		[
			"connecting",
			"connected",
			"waiting OFFLINE",
			"connecting OFFLINE",
			"waiting OFFLINE",
			"connecting OFFLINE",
			"connected",
			"closed",
		].slice(1),
	);
});

t.test("a token is asked for with its reason", async (t) => {
	const reasons: TokenReason[] = [];
	const stage = new SdkStage({
		token: (reason) => {
			reasons.push(reason);
			return `token ${reasons.length}`;
		},
	});
	await stage.welcome();
	stage.peer.cut();
	await stage.welcome();
	await stage.goodbye("AUTH_EXPIRED");
	await stage.welcome();
	await stage.goodbye("AUTH_REJECTED");
	t.match(stage.client.state.snapshot(), { type: "waiting", reason: { code: "AUTH_REJECTED" } });
	await stage.welcome();
	stage.peer.cut();
	await stage.welcome();
	t.same(reasons, ["first", "reconnect", "expired", "refused", "reconnect"]);
	await stage.client.close();
});

t.test(
	"a callback that throws twice, then works · visible, and connected in the end",
	async (t) => {
		let asked = 0;
		const stage = new SdkStage({
			token: () => {
				asked += 1;
				if (asked <= 2) throw new Error("no identity service");
				return "token";
			},
		});
		await stage.settle();
		const { type, reason } = stage.client.state.snapshot();
		t.match({ type, code: reason?.code }, { type: "waiting", code: "TOKEN_FAILED" });
		t.match(reason?.cause, { message: "no identity service" });
		await stage.welcome();
		t.equal(asked, 3);
		t.equal(stage.client.state.snapshot().type, "connected");
		await stage.client.close();
	},
);

t.test("a callback that never answers is asked again", async (t) => {
	let asked = 0;
	const stage = new SdkStage({
		token: () => {
			asked += 1;
			return asked === 1 ? new Promise<string>(() => {}) : "token";
		},
	});
	await stage.clock.pass(31_000);
	await stage.welcome();
	t.equal(asked, 2);
	await stage.client.close();
});

t.test(
	"tokens that are refused again and again · a person has to look, retry goes on",
	async (t) => {
		const stage = new SdkStage({ token: () => "token" });
		for (let i = 0; i < 6; i += 1) {
			await stage.hello();
			await stage.goodbye("AUTH_REJECTED");
		}
		await stage.clock.pass(600_000);
		t.equal(stage.peers.length, 6);
		const { type, reason } = stage.client.state.snapshot();
		t.match({ type, code: reason?.code }, { type: "offline", code: "AUTH_REJECTED" });
		t.equal(reason?.action, "get another token");
		stage.client.retry();
		await stage.welcome();
		t.equal(stage.client.state.snapshot().type, "connected");
		await stage.client.close();
	},
);

t.test("a fixed token that is refused or has expired is not said again", async (t) => {
	for (const code of ["AUTH_REJECTED", "AUTH_EXPIRED", "AUTH_REVOKED"] as const) {
		const stage = new SdkStage();
		await stage.welcome();
		await stage.goodbye(code);
		await stage.clock.pass(600_000);
		t.equal(stage.peers.length, 1, code);
		t.match(stage.client.state.snapshot(), { type: "offline", reason: { code } });
		await stage.client.close();
	}
});

t.test("a token is renewed over the same connection before it ends", async (t) => {
	const reasons: TokenReason[] = [];
	let fail = false;
	const stage = new SdkStage({
		token: (reason) => {
			reasons.push(reason);
			if (fail) throw new Error("later");
			return `token ${reasons.length}`;
		},
	});
	const peer = await stage.welcome({ expiresAt: stage.clock.now() + 3_600_000 });
	const serve = async (ms: number) => {
		for (let passed = 0; passed < ms; passed += 5_000) {
			await stage.clock.pass(5_000);
			for (const { request } of peer.take("ping")) {
				const now = stage.clock.now();
				peer.say({ type: "result", request, result: { type: "ping", now } });
			}
		}
	};
	await serve(3_530_000);
	t.equal(peer.take("refresh").length, 0, "not earlier than it must");
	fail = true;
	await serve(15_000);
	t.equal(peer.take("refresh").length, 0);
	fail = false;
	await serve(10_000);
	const { token, request } = peer.takeOne("refresh");
	t.equal(token, `token ${reasons.length}`);
	const expiresAt = stage.clock.now() + 7_200_000;
	peer.say({ type: "result", request, result: { type: "refresh", expiresAt } });
	await serve(3_600_000);
	t.equal(peer.take("refresh").length, 0, "the new one lives longer");
	t.equal(stage.peers.length, 1);
	t.ok(reasons.slice(1).every((reason) => reason === "expired"));
	await stage.client.close();
});

t.test("a refresh that comes too late for the clock of a server ahead is none", async (t) => {
	const stage = new SdkStage({ token: () => "token" });
	const now = stage.clock.now() + 5 * 3_600_000;
	const peer = await stage.welcome({ now, expiresAt: now + 600_000 });
	await stage.clock.pass(100_000);
	t.equal(peer.take("refresh").length, 0, "five hours apart, and still ten minutes of life");
	await stage.client.close();
});

t.test("frozen for half an hour · a dead connection is found within a heartbeat", async (t) => {
	const stage = new SdkStage();
	await stage.welcome();
	stage.client.conversation("ann~bob").send("before");
	await stage.settle();
	stage.peer.take("write");
	// Timers do not run while the page is frozen: time has passed when they do.
	stage.clock.time += 30 * 60_000;
	await stage.clock.pass(12_000);
	t.equal(stage.peers.length, 2, "given up and connected again");
	const peer = await stage.welcome();
	t.equal(peer.take("write").length, 1, "what was not answered is said again");
	await stage.client.close();
});

t.test("frozen for half an hour · a living connection stays, a wait is over", async (t) => {
	const stage = new SdkStage();
	const peer = await stage.welcome();
	stage.clock.time += 30 * 60_000;
	await stage.clock.pass(100);
	for (const { request } of peer.take("ping")) {
		peer.say({ type: "result", request, result: { type: "ping", now: stage.clock.now() } });
	}
	await stage.clock.pass(10_000);
	t.equal(stage.peers.length, 1);
	await stage.goodbye("DRAINING", 3_600_000);
	peer.close(4000);
	await stage.settle();
	t.equal(stage.client.state.snapshot().type, "waiting");
	stage.clock.time += 30 * 60_000;
	await stage.clock.pass(5_000);
	t.equal(stage.peers.length, 2, "tried at once on waking");
	await stage.client.close();
});

t.test("clocks that jump by days do not stop anything", async (t) => {
	const stage = new SdkStage({ token: () => "token" });
	for (const jump of [86_400_000, -3 * 86_400_000, 40 * 86_400_000]) {
		await stage.welcome();
		const wall = stage.clock.now.bind(stage.clock);
		Object.assign(stage.clock, { now: () => wall() + jump });
		await stage.clock.pass(20_000);
		stage.peer.cut();
		await stage.settle();
		t.not(stage.client.state.snapshot().type, "connected");
	}
	await stage.welcome();
	t.equal(stage.client.state.snapshot().type, "connected");
	await stage.client.close();
});

t.test("the server's hint is a floor for the next attempt", async (t) => {
	const stage = new SdkStage();
	await stage.welcome();
	await stage.goodbye("DRAINING", 8_000);
	stage.peer.close(4000);
	await stage.clock.pass(7_900);
	t.equal(stage.peers.length, 1);
	await stage.clock.pass(1_000);
	t.equal(stage.peers.length, 2);
	await stage.client.close();
});

t.test(
	"a server that speaks nonsense · told as errors, tried again, nothing queued is lost",
	async (t) => {
		const stage = new SdkStage();
		const nonsense = [
			new Uint8Array([0xc1]),
			new Uint8Array([]),
			new Uint8Array([0x93, 0x45]),
			new TextEncoder().encode("HTTP/1.1 200 OK"),
			new Uint8Array([0x92, 0x43, 0x07]),
			Uint8Array.from({ length: 2_000 }, (_, at) => (at * 37) & 255),
		];
		const message = stage.client.conversation("ann~bob").send("kept");
		for (const bytes of nonsense) {
			const peer = await stage.welcome();
			peer.sayBytes(bytes);
			await stage.settle();
			t.not(stage.client.state.snapshot().type, "connected");
		}
		const peer = await stage.welcome();
		// Answers to questions nobody asked, operations of a later version.
		peer.say({
			type: "answer",
			conversation: "ann~bob",
			n: 99,
			from: 0,
			position: 1,
			seq: 5,
			at: 1,
			text: null,
		});
		peer.say({ type: "result", request: 12_345, result: { type: "ping", now: 1 } });
		peer.sayBytes(new Uint8Array([0x92, 0x7f, 0x01]));
		await stage.settle();
		t.equal(stage.client.state.snapshot().type, "connected");
		t.equal(message.status, "queued");
		t.ok(stage.errors.length >= nonsense.length);
		const { n } = peer.takeOne("write");
		peer.say({
			type: "answer",
			conversation: "ann~bob",
			n,
			from: 0,
			position: 2,
			seq: 1,
			at: 1,
			text: null,
		});
		await stage.settle();
		t.equal(message.status, "sent");
		await stage.client.close();
	},
);

t.test("typing is for now: nothing of it is kept for later", async (t) => {
	const stage = new SdkStage();
	const talk = stage.client.conversation("ann~bob");
	talk.typingNow(true);
	const peer = await stage.welcome();
	t.equal(peer.take("typing").length, 0);
	for (let i = 0; i < 50; i += 1) {
		talk.typingNow(true);
		await stage.clock.pass(100);
	}
	t.equal(peer.take("typing").length, 2, "at most every three seconds");
	peer.cut();
	await stage.settle();
	talk.typingNow(true);
	const next = await stage.welcome();
	t.equal(next.take("typing").length, 0);
	next.say({ type: "typed", conversation: "ann~bob", user: "bob", on: true });
	await stage.settle();
	t.same(talk.typing.snapshot(), ["bob"]);
	await stage.clock.pass(6_100);
	t.same(talk.typing.snapshot(), [], "a sign that is not renewed is over");
	await stage.client.close();
});

t.test("another user's token on this storage · closed before anything goes out", async (t) => {
	const stage = new SdkStage();
	await stage.welcome();
	stage.client.conversation("ann~bob").send("ann's");
	stage.peer.cut();
	const peer = await stage.welcome({ user: "eve" });
	t.equal(peer.take("write").length, 0);
	t.match(stage.client.state.snapshot(), { type: "closed", reason: { code: "AUTH_REJECTED" } });
});
