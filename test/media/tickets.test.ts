// Who may reference a file: the ticket's bytes, and what messages with and without one become.

import t from "tap";
import { makeTicket, signUrl, ticketHolds } from "../../src/media/ticket.js";
import type { ServerOp, WireMessage } from "../../src/protocol/frames.js";
import { readAll, write } from "../e2e/talk.js";
import { startBroker } from "../helpers/broker.js";
import { text } from "../helpers/wire-client.js";
import {
	type Answered,
	aheadOfTime,
	ask,
	editing,
	hour,
	outcome,
	picture,
	sending,
	upload,
} from "./files.js";

const key = Buffer.from("k".repeat(43));
const granted = { hash: new Uint8Array(32).fill(0xab), size: 258, contentType: "image/png" };

t.test("a ticket and a signature are these bytes", async (t) => {
	const ticket = Buffer.from(makeTicket(key, "zoë", granted, 1_764_000_000_000)).toString("hex");
	t.equal(ticket.slice(0, 14), "01019ab697e800");
	// Made with another implementation of HMAC (Python's), by the page.
	t.equal(ticket.slice(14), "0b4c93a87ad17eec463ac4893d8006a5ea8443e769bc472d9f00fe00790c75de");
	const file = { hash: granted.hash, name: "ä.png", expiresAt: 1_764_000_000_000 };
	t.equal(
		Buffer.from(signUrl(key, file), "base64url").toString("hex"),
		"ba2db61345ed90e5cccfb0ad59b82322be6c524f5f70b53ee87df64a7ea6ccb4",
	);
});

t.test("a ticket is good for one user, file, size, type and time", async (t) => {
	const ticket = makeTicket(key, "ann", granted, 1_000);
	t.ok(ticketHolds(key, "ann", granted, ticket, 999));
	t.notOk(ticketHolds(key, "ann", granted, ticket, 1_000), "expired");
	t.notOk(ticketHolds(key, "bob", granted, ticket, 0));
	t.notOk(ticketHolds(key, "ann", { ...granted, size: 259 }, ticket, 0));
	t.notOk(ticketHolds(key, "ann", { ...granted, size: 2 ** 50 }, ticket, 0));
	t.notOk(ticketHolds(key, "ann", { ...granted, contentType: "image/pn" }, ticket, 0));
	t.notOk(ticketHolds(key, "ann", { ...granted, hash: new Uint8Array(32) }, ticket, 0));
	t.notOk(ticketHolds(Buffer.alloc(43), "ann", granted, ticket, 0));
	for (let at = 0; at < ticket.length; at += 1) {
		const flipped = Uint8Array.from(ticket);
		flipped[at] = (flipped[at] as number) ^ 1;
		t.notOk(ticketHolds(key, "ann", granted, flipped, 0), `byte ${at}`);
		t.notOk(ticketHolds(key, "ann", granted, ticket.subarray(0, at), 0), `cut at ${at}`);
	}
});

/** The file of a row, with the ticket that this reader got. */
function fileOf({ body }: WireMessage): Answered {
	const [media] = body?.media ?? [];
	if (media === undefined) throw new Error("no file");
	return {
		hash: Buffer.from(media.hash).toString("hex"),
		size: media.size,
		type: media.contentType,
		ticket: Buffer.from(media.ticket).toString("base64url"),
		expiresAt: 0,
	};
}

t.test("a known hash without the ticket of its sender is refused", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	const eve = await it.connect("eve");
	const conversation = await ann.open("bob");
	const apart = await eve.open("bob");
	const file = await upload(it, "ann", picture());
	const bare = { ...file, ticket: "" };
	t.equal(await outcome(eve, apart, 1, sending([bare])), "MEDIA_NO_GRANT");
	t.equal(await outcome(eve, apart, 2, sending([file])), "MEDIA_NO_GRANT", "another's ticket");
	const claims = { ...file, type: "text/html" };
	t.equal(await outcome(ann, conversation, 1, sending([claims])), "MEDIA_NO_GRANT");
	t.equal(await outcome(ann, conversation, 2, sending([file, bare])), "MEDIA_NO_GRANT");
	t.equal(await outcome(ann, conversation, 3, sending([file])), "answer");
	const pushed = (await bob.next("message")) as ServerOp & { type: "message" };
	const got = fileOf(pushed.message);
	t.not(got.ticket, file.ticket);
	t.equal(await outcome(bob, apart, 1, sending([file])), "MEDIA_NO_GRANT", "ann's, not bob's");
	t.equal(await outcome(bob, apart, 2, sending([got])), "answer", "bob forwards");
	const [read] = await readAll(eve, apart);
	t.equal(await outcome(eve, apart, 3, sending([fileOf(read as WireMessage)])), "answer");
	const head = await ask(it, "bob", `/media/${file.hash}?conversation=${conversation}`, {
		method: "HEAD",
	});
	const fresh = { ...bare, ticket: head.headers.get("media-ticket") ?? "" };
	t.equal(await outcome(bob, apart, 3, sending([fresh])), "answer", "with the ticket of HTTP");
});

t.test("an edit keeps files without tickets and gains none so", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const conversation = await ann.open("ann");
	const file = { ...(await upload(it, "ann", picture())), size: 1_000 };
	const other = await upload(it, "ann", picture());
	await write(ann, conversation, 1, sending([file]));
	const bare = { ...file, ticket: "" };
	t.equal(await outcome(ann, conversation, 2, editing(1, [bare])), "answer");
	const more = [bare, { ...other, ticket: "" }];
	t.equal(await outcome(ann, conversation, 3, editing(1, more)), "MEDIA_NO_GRANT");
	t.equal(await outcome(ann, conversation, 4, editing(1, [bare, other])), "answer");
	await write(ann, conversation, 5, text("plain"));
	t.equal(await outcome(ann, conversation, 6, editing(2, [bare])), "MEDIA_NO_GRANT");
});

t.test("an expired ticket is refused, and rows are shown with fresh ones", async (t) => {
	const { options, jump } = aheadOfTime();
	const it = await startBroker({}, options);
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const conversation = await ann.open("ann");
	const file = await upload(it, "ann", picture());
	await write(ann, conversation, 1, sending([file]));
	await jump(25 * hour);
	t.equal(await outcome(ann, conversation, 2, sending([file])), "MEDIA_NO_GRANT");
	const [row] = await readAll(ann, conversation);
	t.equal(await outcome(ann, conversation, 3, sending([fileOf(row as WireMessage)])), "answer");
});

t.test("in a large conversation a push has no ticket and the store's rows have one", async (t) => {
	const it = await startBroker({ directMembersMax: 1 });
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	const bob = await it.connect("bob");
	await write(ann, "all", 1, { type: "create", kind: "group", title: "All", members: ["bob"] });
	const file = await upload(it, "ann", picture());
	await write(ann, "all", 2, sending([file]));
	const pushed = (await bob.next("message")) as ServerOp & { type: "message" };
	t.equal(fileOf(pushed.message).ticket, "");
	const [row] = await readAll(bob, "all");
	t.equal(await outcome(bob, "all", 1, sending([fileOf(row as WireMessage)])), "answer");
});
