// What comes back from a hook is checked before anybody believes it.

import t from "tap";
import { type Authenticate, identify, refuse, sessionMsMax } from "../../src/auth/identity.js";

const context = { address: "1.2.3.4", device: "d1", client: "", now: 1_000_000 };

function judged(hook: Authenticate) {
	return identify(hook, "token", context);
}

t.test("a bare user is enough; the rest has defaults", async (t) => {
	t.strictSame(await judged(() => ({ user: "Ann" })), {
		user: "ann",
		expiresAt: context.now + sessionMsMax,
		issuedAt: 0,
		device: null,
	});
});

t.test("null and refuse are refusals, with what the hook wants to say", async (t) => {
	await t.rejects(
		judged(() => null),
		{ code: "AUTH_REJECTED", detail: "" },
	);
	await t.rejects(
		judged(() => Promise.reject(refuse("AUTH_REVOKED", "ask Bob"))),
		{
			code: "AUTH_REVOKED",
			detail: "ask Bob",
		},
	);
	await t.rejects(
		judged(() => ({ user: "ann", expiresAt: 999_999 })),
		{ code: "AUTH_EXPIRED" },
	);
	await t.rejects(
		judged(() => ({ user: "a~b" })),
		{ code: "AUTH_REJECTED" },
	);
	await t.rejects(
		judged(() => ({ user: "ann", device: "d2" })),
		{ code: "AUTH_REJECTED" },
	);
});

t.test("anything else is a fault of the hook, of which the client learns nothing", async (t) => {
	for (const nonsense of [
		"ann",
		7,
		true,
		[],
		{},
		{ user: null },
		{ user: "ann", expiresAt: "soon" },
		{ user: "ann", expiresAt: Number.POSITIVE_INFINITY },
		{ user: "ann", issuedAt: Number.NaN },
		{ user: "ann", device: 7 },
	]) {
		const error = await judged((() => nonsense) as never).catch((reason: unknown) => reason);
		t.match(error, { code: "UNAVAILABLE", detail: "", cause: Error }, JSON.stringify(nonsense));
	}
	const thrown = judged(() => {
		throw new Error("password: hunter2");
	});
	await t.rejects(thrown, { code: "UNAVAILABLE", detail: "" });
});
