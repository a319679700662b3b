// Whose connection it is: addresses behind proxies, and origins of pages.

import t from "tap";
import { clientAddress, originAllowed } from "../../src/gateway/peer.js";

// C080
t.test("without a trusted proxy the header is ignored, whatever it says", async (t) => {
	for (const header of ["9.9.9.9", "a, b", "", "1.1.1.1, 2.2.2.2"]) {
		t.equal(clientAddress("10.0.0.1", header, 0), "10.0.0.1");
	}
});

t.test("with trusted proxies the entry that the outermost wrote counts", async (t) => {
	t.equal(clientAddress("10.0.0.1", "6.6.6.6, 1.2.3.4", 1), "1.2.3.4", "the forged one is left");
	t.equal(clientAddress("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", 2), "1.2.3.4");
	t.equal(clientAddress("10.0.0.1", ["6.6.6.6", "1.2.3.4"], 1), "1.2.3.4");
});

t.test("a chain that is too short, or garbage, falls back on the socket's address", async (t) => {
	t.equal(clientAddress("10.0.0.1", "1.2.3.4", 2), "10.0.0.1");
	t.equal(clientAddress("10.0.0.1", undefined, 1), "10.0.0.1");
	for (const garbage of ["unknown", "1.2.3", "<script>", "1.2.3.4.5", "[", "[::1", "", ":::"]) {
		t.equal(clientAddress("10.0.0.1", garbage, 1), "10.0.0.1", garbage);
	}
	t.equal(clientAddress(undefined, undefined, 0), "unknown");
});

t.test("an address counts in one form; IPv6 by its network", async (t) => {
	t.equal(clientAddress("::ffff:1.2.3.4", undefined, 0), "1.2.3.4");
	t.equal(clientAddress("10.0.0.1", "1.2.3.4:5678", 1), "1.2.3.4");
	const network = "2001:db8:0:1::/64";
	for (const one of [
		"2001:db8:0:1::5",
		"2001:0DB8:0000:0001:ffff:0:0:1",
		"[2001:db8:0:1::5]:443",
		"2001:db8:0:1:a:b:c:d%eth0",
	]) {
		t.equal(clientAddress("10.0.0.1", one, 1), network, one);
	}
	t.equal(clientAddress("::1", undefined, 0), "0:0:0:0::/64");
	t.not(clientAddress("2001:db8:0:2::5", undefined, 0), network);
});

// C076
t.test("foreign origins, null and look-alikes are refused", async (t) => {
	const allowed = ["https://chat.example", "https://Other.Example:8443"];
	for (const origin of [
		"https://evil.example",
		"null",
		"",
		"https://chat.example.evil.com",
		"https://evilchat.example",
		"http://chat.example",
		"https://chat.example:444",
		"https://chat.example/",
		"https://chat.example, https://evil.example",
		"https://user@chat.example",
		"file://",
		"javascript:alert(1)",
		"chat.example",
	]) {
		t.equal(originAllowed(origin, "here.example", allowed), false, origin);
	}
});

t.test("no origin, the same host and configured origins are let in", async (t) => {
	const allowed = ["https://chat.example", "https://Other.Example:8443"];
	t.equal(originAllowed(undefined, "here.example", allowed), true, "a program");
	t.equal(originAllowed("https://here.example", "here.example", []), true);
	t.equal(originAllowed("https://here.example", "here.example:443", []), true);
	t.equal(originAllowed("http://localhost:7070", "localhost:7070", []), true);
	t.equal(originAllowed("http://localhost:7071", "localhost:7070", []), false);
	t.equal(originAllowed("https://chat.example", "here.example", allowed), true);
	t.equal(originAllowed("https://other.example:8443", "here.example", allowed), true);
	t.equal(originAllowed("https://evil.example", "here.example", ["*"]), true, "said so");
	t.equal(originAllowed("null", "here.example", ["*"]), false);
	t.equal(originAllowed("https://here.example", undefined, []), false);
	t.equal(originAllowed("https://here.example", "bad host", []), false);
});
