// Tokens found good a moment ago: for how long, how many, and what is looked at all the same.

import { generateKeyPairSync } from "node:crypto";
import { exportJWK, SignJWT } from "jose";
import t from "tap";
import { Believed } from "../../src/auth/believed.js";
import { identify } from "../../src/auth/identity.js";
import { jwtAuthenticate } from "../../src/auth/jwt.js";

const ann = { user: "ann", expiresAt: 2 ** 50, issuedAt: 1, device: null };

t.test("a token is believed for a minute after its check", async (t) => {
	const believed = new Believed();
	t.equal(believed.get("a", 1_000), null);
	believed.add("a", ann, 1_000);
	t.equal(believed.get("a", 60_999), ann);
	t.equal(believed.get("a", 61_000), null);
	t.equal(believed.get("a", 999), null, "a clock that was set back");
	believed.add("a", ann, 61_000);
	t.equal(believed.get("a", 61_001), ann);
});

t.test("so many are kept, the one checked longest ago goes", async (t) => {
	const believed = new Believed();
	for (let i = 0; i < 1_000; i += 1) believed.add(`t${i}`, ann, 0);
	believed.add("t0", ann, 1);
	believed.add("more", ann, 1);
	t.equal(believed.get("t0", 1), ann);
	t.equal(believed.get("t1", 1), null);
	t.equal(believed.get("t2", 1), ann);
});

t.test("its end, its device and each of its bytes are looked at all the same", async (t) => {
	const { publicKey, privateKey } = generateKeyPairSync("ed25519");
	const judge = jwtAuthenticate({ publicKey: JSON.stringify(await exportJWK(publicKey)) });
	const token = await new SignJWT({ sub: "ann", exp: 1_010, device: "d1" })
		.setProtectedHeader({ alg: "EdDSA" })
		.sign(privateKey);
	const context = { address: "", device: "d1", client: "", now: 1_000_000 };
	for (const now of [1_000_000, 1_005_000]) {
		t.match(await identify(judge, token, { ...context, now }), { user: "ann" });
	}
	const other = { ...context, device: "d2" };
	await t.rejects(identify(judge, token, other), { code: "AUTH_REJECTED" });
	const [head, body, signature = ""] = token.split(".");
	const forged = `${head}.${body}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
	await t.rejects(identify(judge, forged, context), { code: "AUTH_REJECTED" });
	const after = { ...context, now: 1_010_000 };
	await t.rejects(identify(judge, token, after), { code: "AUTH_EXPIRED" });
});
