// Keys: their bytes, their order, and that no two lists of parts ever make one key.

import assert from "node:assert/strict";
import fc from "fast-check";
import t from "tap";
import * as keys from "../../src/journal/keys.js";
import { id, u48 } from "./arbitrary.js";

const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex");

const hash = new Uint8Array(32).fill(0xab);

t.test("keys are these bytes", async (t) => {
	const table: [Uint8Array, string][] = [
		[keys.metaKey("store"), "01 05 73746f7265"],
		[keys.commitKey(258), "02 000000000102"],
		[keys.registryKey("user", "ann"), "03 02 03616e6e"],
		[keys.snapshotKey("conversation", "ann"), "10 01 03616e6e"],
		[keys.floorKey("conversation", "ann"), "11 01 03616e6e"],
		[keys.eventKey("user", "ann", 7), "12 02 03616e6e 000000000007"],
		[keys.messageKey("ann~bob", 2 ** 40), "20 07616e6e7e626f62 010000000000"],
		[keys.watermarkKey("c", "ann"), "21 0163 03616e6e"],
		[keys.infoKey("c"), "22 0163"],
		[keys.reactionKey("c", 1, "ann"), "23 0163 000000000001 03616e6e"],
		[keys.memberKey("ann", "c"), "30 03616e6e 0163"],
		[keys.pendingKey("ann", "c"), "31 03616e6e 0163"],
		[keys.hiddenKey("ann", "c", 1), "32 03616e6e 0163 000000000001"],
		[keys.blockedKey("ann", "bob"), "33 03616e6e 03626f62"],
		[keys.userKey("zoë"), "34 047a6fc3ab"],
		[keys.lastSeenKey("ann"), "35 03616e6e"],
		[keys.expiryKey(1000, "c", 1), "40 0000000003e8 0163 000000000001"],
		[keys.referenceKey(hash, "c", 1), `50 ${"ab".repeat(32)} 0163 000000000001`],
		[keys.looseKey(hash, 1000), `51 ${"ab".repeat(32)} 0000000003e8`],
		[keys.uploadKey("ann", hash), `52 03616e6e ${"ab".repeat(32)}`],
		[keys.uploaderKey(hash, "ann"), `53 ${"ab".repeat(32)} 03616e6e`],
	];
	for (const [key, bytes] of table) t.equal(hex(key), bytes.replaceAll(" ", ""));
	const kinds = new Set(table.map(([key]) => key[0]));
	t.equal(kinds.size, Object.keys(keys.kinds).length, "every kind has its line");
});

t.test("parts come back from every key, so different parts make different keys", async () => {
	const arbitrary = fc.oneof(
		fc.tuple(id, u48).map(([one, n]) => ({ key: keys.messageKey(one, n), ids: [one], n: [n] })),
		fc.tuple(id, id).map(([a, b]) => ({ key: keys.memberKey(a, b), ids: [a, b], n: [] })),
		fc
			.tuple(id, u48, id)
			.map(([a, n, b]) => ({ key: keys.reactionKey(a, n, b), ids: [a, b], n: [n] })),
		fc
			.tuple(id, id, u48)
			.map(([a, b, n]) => ({ key: keys.hiddenKey(a, b, n), ids: [a, b], n: [n] })),
		fc
			.tuple(u48, id, u48)
			.map(([m, a, n]) => ({ key: keys.expiryKey(m, a, n), ids: [a], n: [m, n] })),
		fc.tuple(id, u48).map(([a, n]) => ({ key: keys.eventKey("user", a, n), ids: [a], n: [n] })),
		fc.tuple(id, u48).map(([a, n]) => ({
			key: keys.referenceKey(hash, a, n),
			ids: ["ab".repeat(32), a],
			n: [n],
		})),
	);
	fc.assert(
		fc.property(arbitrary, ({ key, ids, n }) => {
			const parts = keys.parseKey(key);
			assert.deepEqual(parts?.ids, ids);
			assert.deepEqual(parts?.numbers, n);
		}),
	);
});

t.test("rows of one entity sort by their number and lie apart from all others", async () => {
	fc.assert(
		fc.property(id, id, u48, u48, (one, other, m, n) => {
			const order = Buffer.compare(keys.messageKey(one, m), keys.messageKey(one, n));
			assert.equal(order, Math.sign(m - n));
			if (one === other) return;
			const { gte, lt } = keys.ofId("message", one);
			const foreign = keys.messageKey(other, n);
			assert.ok(Buffer.compare(foreign, gte) < 0 || Buffer.compare(foreign, lt) >= 0);
			const own = keys.messageKey(one, n);
			assert.ok(Buffer.compare(own, gte) >= 0 && Buffer.compare(own, lt) < 0);
		}),
	);
});

t.test("ranges above a number begin right behind it", async (t) => {
	const { gte, lt } = keys.messagesAbove("c", 255);
	t.equal(hex(gte), hex(keys.messageKey("c", 256)));
	t.ok(Buffer.compare(keys.messageKey("c", 2 ** 48 - 1), lt) < 0);
	t.ok(Buffer.compare(keys.messageKey("d", 0), lt) >= 0);
	t.equal(hex(keys.after(Uint8Array.of(1, 255, 255))), "02");
});

t.test("what is no key of ours is not taken apart", async (t) => {
	t.equal(keys.parseKey(Uint8Array.of()), null);
	t.equal(keys.parseKey(Uint8Array.of(0x7f)), null);
	const key = keys.memberKey("ann", "c");
	for (let length = 0; length < key.length; length += 1) {
		t.equal(keys.parseKey(key.subarray(0, length)), null, `cut to ${length}`);
	}
	t.equal(keys.parseKey(Buffer.concat([key, Uint8Array.of(0)])), null, "something follows");
	t.equal(keys.describeKey(key), "member ann/c");
	t.equal(keys.describeKey(keys.eventKey("user", "ann", 3)), "event user ann/3");
	t.equal(keys.describeKey(Uint8Array.of(0x7f, 1)), "unknown row 7f01");
});

t.test("an id or a number that fits no key is refused", async (t) => {
	t.throws(() => keys.userKey("x".repeat(256)), RangeError);
	t.throws(() => keys.commitKey(2 ** 48), RangeError);
	t.throws(() => keys.commitKey(-1), RangeError);
	t.throws(() => keys.commitKey(Number.NaN), RangeError);
	t.equal(keys.userKey("x".repeat(255)).length, 257);
});
