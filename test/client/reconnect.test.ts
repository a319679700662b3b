// When a device comes back, how long it waits, and when it stays away.

import t from "tap";
import { actionOfClose } from "../../src/client/ending.js";
import { MemoryStore } from "../../src/client/memory-store.js";
import { BackOff } from "../../src/client/reconnect.js";
import { Stage } from "../helpers/scripted-peer.js";
import { HandClock } from "./hand-clock.js";
import { answer, outboxOne, text, welcomeOp } from "./operations.js";

t.test("waits grow to a bound, spread over the whole of it", async (t) => {
	const clock = new HandClock();
	clock.randomValue = 0.999;
	const backOff = new BackOff(clock, { baseMs: 100, maxMs: 1_000 });
	const waits = Array.from({ length: 6 }, () => Math.round(backOff.next(0)));
	t.same(waits, [100, 200, 400, 799, 999, 999]);
	clock.randomValue = 0;
	t.equal(backOff.next(0), 0, "full jitter begins at nothing");
});

t.test("the server's hint is a floor, and clients still spread above it", async (t) => {
	const clock = new HandClock();
	const backOff = new BackOff(clock, { baseMs: 100 });
	t.equal(backOff.next(5_000), 5_050);
});

t.test("only a connection that lasted starts the growth afresh", async (t) => {
	const clock = new HandClock();
	const backOff = new BackOff(clock, { baseMs: 100, steadyMs: 10_000 });
	backOff.next(0);
	backOff.ready();
	t.equal(backOff.next(0), 100, "welcomed and fallen at once counts as a failure");
	backOff.ready();
	clock.time += 10_000;
	t.equal(backOff.next(0), 50);
});

t.test("a wish to connect ends the wait, and starts the growth afresh", async (t) => {
	const stage = new Stage();
	stage.refuse = Number.POSITIVE_INFINITY;
	const waitMs = () => {
		const [, phase] = stage.toldOf("phase").at(-1) as [string, { retryAt: number }];
		return phase.retryAt - stage.clock.monotonic();
	};
	stage.device.start();
	await stage.settle();
	const first = waitMs();
	await stage.clock.pass(120_000);
	t.ok(stage.toldOf("fault").length > 5);
	stage.device.hurry();
	await stage.settle();
	t.equal(waitMs(), first);
});

t.test("a refused connection is tried again, one attempt at a time", async (t) => {
	const stage = new Stage();
	stage.refuse = 3;
	stage.device.start();
	await stage.clock.pass(60_000);
	const connecting = stage.toldOf("phase").filter(([, phase]) => {
		return (phase as { type: string }).type === "connecting";
	});
	// The fourth is accepted; without a welcome it is given up and tried again.
	t.ok(connecting.length >= 4);
	t.equal(stage.peers.length, connecting.length - 3);
});

t.test(
	"a storage that fails before the hello or while writing ends that connection only",
	async (t) => {
		class Failing extends MemoryStore {
			broken: "identity" | "stream" | null = "identity";

			override identity() {
				if (this.broken === "identity") throw new Error("the disk is gone");
				return super.identity();
			}

			override stream(conversation: string | null) {
				if (this.broken === "stream") throw new Error("the disk is gone");
				return super.stream(conversation);
			}
		}
		const store = new Failing({ device: "d1", outbox: outboxOne });
		const stage = new Stage({ store });
		stage.device.start();
		await stage.clock.pass(60_000);
		t.ok(stage.peers.length > 2, "tried again");
		t.ok(
			stage.peers.slice(0, -1).every((peer) => peer.closed && peer.heard.length === 0),
			"each was closed",
		);
		t.ok(stage.toldOf("fault").length >= stage.peers.length, "and each failure told");
		store.broken = null;
		const peer = await stage.live();
		stage.device.write("c1", text("kept"));
		store.broken = "stream";
		await stage.settle();
		t.equal(peer.closed, true);
		store.broken = null;
		const next = await stage.live();
		t.same(next.takeNumbers(), [1]);
	},
);

t.test("fifty restarts in a row · connected after each", async (t) => {
	const stage = new Stage();
	for (let i = 1; i <= 50; i += 1) {
		const peer = await stage.live();
		t.equal(stage.store.identity().offered, i);
		peer.cut();
	}
});

t.test("drain · what is under way is answered, the rest stays, the hint is kept", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	stage.device.write("c1", text("under way"));
	await stage.settle();
	const first = peer.takeOne("write");
	peer.say({ type: "drain", retryAfterMs: 3_000, url: null });
	await stage.settle();
	stage.device.write("c1", text("kept"));
	const asked = t.rejects(stage.device.request({ type: "ping" }), { code: "UNAVAILABLE" });
	await stage.settle();
	t.strictSame(peer.heard, [], "nothing more is said");
	t.notOk(peer.closed, "an answer is still to come");
	peer.say(answer(first, 1));
	await stage.settle();
	t.ok(peer.closed);
	await asked;
	t.match(stage.toldOf("phase").at(-1), ["phase", { type: "waiting", code: "DRAINING" }]);
	await stage.clock.pass(2_900);
	t.equal(stage.peers.length, 1);
	const next = await stage.live();
	t.same(next.takeNumbers(), [2]);
});

t.test("replaced, revoked and refused sessions stay away until started again", async (t) => {
	for (const code of ["REPLACED", "AUTH_REVOKED", "AUTH_REJECTED", "VERSION"] as const) {
		const stage = new Stage();
		const peer = await stage.live();
		peer.say({ type: "goodbye", code, detail: "", retryAfterMs: 0 });
		await stage.clock.pass(120_000);
		t.equal(stage.peers.length, 1, code);
		t.match(stage.toldOf("phase").at(-1), ["phase", { type: "stopped", code }]);
		stage.device.start();
		await stage.settle();
		t.equal(stage.peers.length, 2, `${code}, started again`);
	}
});

t.test("close codes alone say the same, and their ranges hold for unknown ones", async (t) => {
	t.equal(actionOfClose(1006), "reconnect");
	t.equal(actionOfClose(4000), "reconnect");
	t.equal(actionOfClose(4010), "reconnect");
	t.equal(actionOfClose(4444), "reconnect");
	t.equal(actionOfClose(4503), "stop");
	t.equal(actionOfClose(4504), "fork");
	t.equal(actionOfClose(4999), "stop");
});

t.test(
	"a token that has expired is asked for again, and a hook that fails is no end",
	async (t) => {
		let asked = 0;
		const token = () => {
			asked += 1;
			if (asked === 2 || asked === 3) throw new Error("no network");
			return `token${asked}`;
		};
		const stage = new Stage({ device: { token } });
		const peer = await stage.live();
		peer.say({ type: "goodbye", code: "AUTH_EXPIRED", detail: "", retryAfterMs: 0 });
		await stage.clock.pass(10_000);
		t.equal(stage.peers[1]?.takeOne("hello").token, "token4");
	},
);

t.test("no welcome in time · the connection is given up", async (t) => {
	const stage = new Stage();
	stage.device.start();
	await stage.settle();
	await stage.clock.pass(14_000);
	t.equal(stage.peers.length, 1);
	await stage.clock.pass(4_000);
	t.equal(stage.peers.length, 2);
	t.ok(stage.peers[0]?.closed);
});

t.test("a frame that breaks the protocol ends the session, not the process", async (t) => {
	const stage = new Stage();
	const peer = await stage.live();
	peer.sayBytes(Uint8Array.of(0xc1));
	await stage.settle();
	t.ok(peer.closed);
	t.equal(stage.toldOf("fault").length, 1);
	await stage.clock.pass(5_000);
	t.equal(stage.peers.length, 2);
});

t.test("silence is broken by a ping, and silence after it ends the session", async (t) => {
	const stage = new Stage({ device: { heartbeatMs: 20_000 } });
	const peer = await stage.live();
	await stage.clock.pass(25_000);
	const { request } = peer.takeOne("ping");
	peer.say({ type: "result", request, result: { type: "ping", now: 1 } });
	await stage.settle();
	await stage.clock.pass(10_000);
	t.notOk(peer.closed);
	await stage.clock.pass(60_000);
	t.ok(peer.closed);
	t.ok(stage.peers.length > 1);
});

t.test("who is watched is watched again after a loss; typing is not repeated", async (t) => {
	const stage = new Stage();
	stage.device.watch(["bob"]);
	stage.device.typing("c1", true);
	const peer = await stage.live();
	t.same(peer.takeOne("watch").users, ["bob"]);
	t.same(peer.take("typing"), []);
	stage.device.watch(["cid"]);
	stage.device.unwatch(["bob"]);
	peer.cut();
	t.same((await stage.live()).takeOne("watch").users, ["cid"]);
});

t.test("requests settle in every state", async (t) => {
	const stage = new Stage();
	await t.rejects(stage.device.request({ type: "ping" }), { code: "UNAVAILABLE" });
	const peer = await stage.live();
	const cut = stage.device.request({ type: "open", user: "bob" });
	await stage.settle();
	peer.cut();
	const lost = t.rejects(cut, { code: "UNAVAILABLE" });
	await stage.settle();
	await lost;
	const again = await stage.live();
	const refused = stage.device.request({ type: "open", user: "bob" });
	await stage.settle();
	const { request } = again.takeOne("open");
	again.say({ type: "error", request, code: "USER_UNKNOWN", detail: "bob" });
	const heard = t.rejects(refused, { code: "USER_UNKNOWN" });
	await stage.settle();
	await heard;
});

t.test("stopped while connecting · the late connection is closed", async (t) => {
	const stage = new Stage();
	stage.device.start();
	stage.device.stop();
	await stage.clock.pass(60_000);
	for (const peer of stage.peers) t.ok(peer.closed);
	t.match(stage.toldOf("phase").at(-1), ["phase", { type: "stopped" }]);
});

t.test("[S7] the generation is stored before it is used", async (t) => {
	const stage = new Stage();
	stage.device.start();
	await stage.settle();
	stage.store.hooks = {
		before: () => {
			throw new Error("storage is full");
		},
	};
	stage.peer.say(welcomeOp(1, 8));
	await stage.settle();
	t.same(stage.peer.take("ready"), []);
	t.equal(stage.store.identity().offered, 0);
});
