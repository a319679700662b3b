// The default judge of tokens: what it believes, and what it says about what it does not believe.

import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, SignJWT } from "jose";
import t from "tap";
import { identify } from "../../src/auth/identity.js";
import { jwtAuthenticate } from "../../src/auth/jwt.js";
import { mintToken } from "../../src/auth/secret.js";
import { manualClock } from "../helpers/manual-clock.js";

const clock = manualClock();
const secret = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
const context = { address: "1.2.3.4", device: "d1", client: "", now: clock.now() };
const seconds = Math.floor(clock.now() / 1_000);

function token(claims: Record<string, unknown>, header: Record<string, unknown> = {}) {
	const given = { sub: "ann", iat: seconds, exp: seconds + 60, ...claims };
	const all = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
	return new SignJWT(all).setProtectedHeader({ alg: "HS256", ...header }).sign(secret);
}

t.test("a minted token says who, until when, since when and on which device", async (t) => {
	const judge = jwtAuthenticate({ secret });
	const minted = await mintToken(secret, "Ann", { ttlMs: 60_500, device: "d1" }, clock);
	t.strictSame(await identify(judge, minted, context), {
		user: "ann",
		expiresAt: clock.now() + 60_500,
		issuedAt: clock.now(),
		device: "d1",
	});
	const free = await mintToken(secret, "ann", { ttlMs: 60_000 }, clock);
	t.equal((await identify(judge, free, context)).device, null);
	await t.rejects(identify(judge, minted, { ...context, device: "d2" }), { code: "AUTH_REJECTED" });
});

t.test("an expired token is told as such, within a small tolerance of clocks", async (t) => {
	const judge = jwtAuthenticate({ secret });
	const expired = await token({ exp: seconds - 60 });
	await t.rejects(identify(judge, expired, context), { code: "AUTH_EXPIRED" });
	const justNow = await token({ exp: seconds - 2 });
	await t.rejects(
		identify(judge, justNow, context),
		{ code: "AUTH_EXPIRED" },
		"no session past it",
	);
	const ahead = await token({ iat: seconds + 3, nbf: seconds + 3 });
	t.match(await identify(judge, ahead, context), { user: "ann" });
	const later = await token({ nbf: seconds + 60 });
	await t.rejects(identify(judge, later, context), { code: "AUTH_REJECTED" });
});

t.test("what is wrong with a token is not told", async (t) => {
	const judge = jwtAuthenticate({ secret, issuer: "us", audience: "chat" });
	const right = { iss: "us", aud: "chat" };
	t.match(await identify(judge, await token(right), context), { user: "ann" });
	const good = await token(right);
	const [head = "", body = ""] = good.split(".");
	for (const bad of [
		"",
		"x",
		"a.b.c",
		`${head}.${body}.`,
		`${head}.${body}.AAAA`,
		await token({ ...right, iss: "them" }),
		await token({ ...right, aud: "mail" }),
		await token({ ...right, sub: undefined }),
		await token({ ...right, exp: undefined }),
		await token({ ...right, sub: 7 }),
		await token({ ...right, sub: "" }),
		await token({ ...right, sub: "a~b" }),
		await token({ ...right, exp: 1e300 }),
		await token({ ...right, exp: "soon" }),
		await token({ ...right, device: 5 }),
		await token({ ...right, device: "x".repeat(100) }),
		await new SignJWT({ ...right, sub: "ann", exp: seconds + 60 })
			.setProtectedHeader({ alg: "HS512" })
			.sign(secret),
	]) {
		const error = await identify(judge, bad, context).catch((reason: unknown) => reason);
		t.match(error, { code: "AUTH_REJECTED" }, bad.slice(0, 40));
		t.notMatch((error as Error).message, /signature|jws|jwt|claim|alg/i);
	}
});

t.test("the algorithm follows from the key, never from the token", async (t) => {
	const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from(
		`{"sub":"ann","exp":${seconds + 60}}`,
	).toString("base64url")}.`;
	await t.rejects(identify(jwtAuthenticate({ secret }), none, context), { code: "AUTH_REJECTED" });
	const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
	const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
	// The public key used as a shared secret: the classic confusion.
	const confused = await new SignJWT({ sub: "ann", exp: seconds + 60 })
		.setProtectedHeader({ alg: "HS256" })
		.sign(new TextEncoder().encode(pem));
	await t.rejects(identify(jwtAuthenticate({ publicKey: pem }), confused, context), {
		code: "AUTH_REJECTED",
	});
});

t.test("public keys come as PEM, as a JWK and as a set, EdDSA or RS256", async (t) => {
	for (const [alg, pair] of [
		["EdDSA", generateKeyPairSync("ed25519")],
		["RS256", generateKeyPairSync("rsa", { modulusLength: 2_048 })],
	] as const) {
		const signed = await new SignJWT({ sub: "ann", exp: seconds + 60 })
			.setProtectedHeader({ alg, kid: "k1" })
			.sign(pair.privateKey);
		const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg };
		for (const publicKey of [
			pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
			JSON.stringify(jwk),
			JSON.stringify({ keys: [jwk] }),
		]) {
			const judge = jwtAuthenticate({ publicKey });
			t.match(await identify(judge, signed, context), { user: "ann", issuedAt: 0 });
		}
	}
	const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
	const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
	t.throws(() => jwtAuthenticate({ publicKey: pem }), TypeError);
	t.throws(() => jwtAuthenticate({ publicKey: "nonsense" }));
	t.throws(() => jwtAuthenticate({ secret: new Uint8Array(16) }), TypeError);
});

t.test("a key set is fetched, and one that cannot be had is a fault, not a refusal", async (t) => {
	const pair = generateKeyPairSync("ed25519");
	const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k1", alg: "EdDSA" };
	let failing = false;
	const server = createServer((_request, response) => {
		if (failing) response.writeHead(500).end();
		else response.end(JSON.stringify({ keys: [jwk] }));
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
	const sign = (kid: string) =>
		new SignJWT({ sub: "ann", exp: seconds + 60 })
			.setProtectedHeader({ alg: "EdDSA", kid })
			.sign(pair.privateKey);
	const judge = jwtAuthenticate({ jwksUrl });
	t.match(await identify(judge, await sign("k1"), context), { user: "ann" });
	await t.rejects(identify(judge, await sign("k2"), context), { code: "AUTH_REJECTED" });
	failing = true;
	const cold = jwtAuthenticate({ jwksUrl });
	await t.rejects(identify(cold, await sign("k1"), context), { code: "UNAVAILABLE", detail: "" });
	server.close();
	server.closeAllConnections();
});
