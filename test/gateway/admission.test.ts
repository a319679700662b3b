// Who gets in while a crowd stands at the door.

import t from "tap";
import { EarlySockets, Failures, HelloRate } from "../../src/gateway/admission.js";
import { failureLimits, gatewayLimits } from "../../src/gateway/limits.js";
import { helloOf, memoryClient, memoryHost, memoryUser, pass } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

t.test("at the bound the oldest silent socket makes room", async (t) => {
	const cut: number[] = [];
	const limits = { ...gatewayLimits, earlyMax: 3, earlyPerAddressMax: 10 };
	const early = new EarlySockets<number>(limits, (one) => cut.push(one));
	for (const one of [1, 2, 3]) early.add(one, `a${one}`);
	early.remove(2);
	early.add(4, "a4");
	t.strictSame(cut, []);
	early.add(5, "a5");
	early.add(6, "a6");
	t.strictSame(cut, [1, 3]);
	t.equal(early.size, 3);
});

t.test("one address crowds out itself, not others", async (t) => {
	const cut: number[] = [];
	const limits = { ...gatewayLimits, earlyMax: 10, earlyPerAddressMax: 2 };
	const early = new EarlySockets<number>(limits, (one) => cut.push(one));
	early.add(1, "other");
	for (let one = 2; one < 10; one += 1) early.add(one, "crowd");
	t.strictSame(cut, [2, 3, 4, 5, 6, 7]);
	t.equal(early.size, 3);
	const single = new EarlySockets<number>({ ...limits, earlyPerAddressMax: 1 }, () => {});
	single.add(1, "a");
	single.add(2, "a");
	single.remove(2);
	single.add(3, "a");
	t.equal(single.size, 1);
});

// C028
t.test("a crowd is let in at the rate, the rest comes back as a queue", async (t) => {
	const limits = { ...gatewayLimits, helloPerSecond: 100, helloBurst: 50 };
	const rate = new HelloRate(limits);
	let waiting = Array.from({ length: 2_000 }, () => 0);
	let admitted = 0;
	let attempts = 0;
	for (let now = 0; waiting.length > 0 && now < 120_000; now += 10) {
		const next: number[] = [];
		let thisStep = 0;
		for (const dueAt of waiting) {
			if (dueAt > now) {
				next.push(dueAt);
				continue;
			}
			attempts += 1;
			const waitMs = rate.waitMs(now, 0.5);
			if (waitMs > 0) next.push(now + waitMs);
			else {
				admitted += 1;
				thisStep += 1;
			}
		}
		t.ok(thisStep <= 51, "never more than the burst at once");
		waiting = next;
		if (waiting.length === 0) t.ok(now < 30_000, `all in after ${now} ms`);
	}
	t.equal(admitted, 2_000);
	t.ok(attempts < 6_000, `${attempts} attempts`);
});

t.test("whoever is turned away is told when to come back", async (t) => {
	const host = memoryHost({ limits: { helloPerSecond: 10, helloBurst: 2 } });
	await memoryUser(host, "u1");
	await memoryUser(host, "u2");
	const hints: number[] = [];
	for (const user of ["u3", "u4", "u5"]) {
		const client = memoryClient(host);
		client.say(helloOf(user, "d1"));
		const { code, retryAfterMs } = await client.next("goodbye");
		t.equal(code, "OVERLOADED");
		t.match(await client.ended(), { code: 4012 });
		hints.push(retryAfterMs);
	}
	t.ok(hints.every((hint) => hint > 0 && hint < 1_000));
	t.equal(new Set(hints).size, 3, "not all at the same moment");
	await pass(host.clock, Math.max(...hints));
	await memoryUser(host, "u3");
	t.match(host.gateway.counts(), { ready: 3 });
});

t.test("whoever guesses tokens is slowed down by address, and nobody else", async (t) => {
	const host = memoryHost({ failureLimits: { failuresPerMinute: 60, failureBurst: 5 } });
	const attempt = async (token: string, address: string) => {
		const client = memoryClient(host, { address });
		client.say(helloOf(token, "d1"));
		await turns(6);
		return client.all("goodbye")[0]?.code ?? "welcome";
	};
	for (let count = 0; count < 6; count += 1) {
		t.equal(await attempt("bad", "6.6.6.6"), "AUTH_REJECTED");
	}
	t.equal(await attempt("ann", "6.6.6.6"), "RATE_LIMITED");
	t.equal(await attempt("ann", "1.2.3.4"), "welcome");
	await pass(host.clock, 1_500);
	t.equal(await attempt("ann", "6.6.6.6"), "welcome");
});

t.test("remembered failures are bounded and forgotten", async (t) => {
	const failures = new Failures({ ...failureLimits, failureAddressesMax: 100 });
	for (let at = 0; at < 1_000; at += 1) failures.note(`a${at}`, 0);
	t.equal(failures.size, 100);
	failures.forget(60_000);
	t.equal(failures.size, 0);
});
