import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import t from "tap";
import { type Mailbox, MailboxPool } from "../../actors/mailbox.js";

const many = 1_000_000;

function drain(mailbox: Mailbox<number>): number[] {
	const out: number[] = [];
	while (mailbox.length > 0) out.push(mailbox.shift());
	return out;
}

t.test("a mailbox gives messages back in the order they came, however it grew", async (t) => {
	// A number pushes that many messages; a negative one takes that many.
	const steps = fc.array(fc.integer({ min: -40, max: 60 }), { maxLength: 30 });
	fc.assert(
		fc.property(steps, (counts) => {
			const mailbox = new MailboxPool<string>().take<number>("a");
			const model: number[] = [];
			let next = 0;
			for (const count of counts) {
				for (let at = 0; at < count; at += 1) {
					next += 1;
					mailbox.push(next, many);
					model.push(next);
				}
				for (let at = 0; at < -count && model.length > 0; at += 1) {
					if (mailbox.shift() !== model.shift()) return false;
				}
				if (mailbox.length !== model.length) return false;
			}
			return true;
		}),
	);
	t.pass();
});

t.test("urgent messages come first and in their own order", async (t) => {
	const mailbox = new MailboxPool<string>().take<number>("a");
	mailbox.push(1, many);
	mailbox.pushUrgent(10, many);
	mailbox.push(2, many);
	mailbox.pushUrgent(11, many);
	t.equal(mailbox.length, 4);
	t.strictSame(drain(mailbox), [10, 11, 1, 2]);
});

t.test("each lane refuses what is over its bound, and only that", async (t) => {
	const mailbox = new MailboxPool<string>().take<number>("a");
	t.strictSame([mailbox.push(1, 2), mailbox.push(2, 2), mailbox.push(3, 2)], [true, true, false]);
	t.strictSame([mailbox.pushUrgent(4, 1), mailbox.pushUrgent(5, 1)], [true, false]);
	t.strictSame(drain(mailbox), [4, 1, 2]);
	t.ok(mailbox.push(6, 2));
});

t.test("a pool lends a mailbox again, and empty", async (t) => {
	const pool = new MailboxPool<string>();
	const first = pool.take<number>("a");
	first.push(1, many);
	first.shift();
	pool.give(first);
	const second = pool.take<string>("b");
	t.equal(second as unknown, first);
	t.equal(second.length, 0);
});

t.test("a pool does not keep a mailbox that a burst made large", async (t) => {
	const pool = new MailboxPool<string>();
	const large = pool.take<number>("a");
	for (let at = 0; at < 65; at += 1) large.push(at, many);
	drain(large);
	pool.give(large);
	t.not(pool.take<number>("b"), large);
});

t.test("a pool knows its borrowers in whatever order they return", async (t) => {
	fc.assert(
		fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 60 }), (flips) => {
			const pool = new MailboxPool<number>();
			const held = new Map<number, Mailbox<unknown>>();
			for (const who of flips) {
				const mailbox = held.get(who);
				if (mailbox === undefined) held.set(who, pool.take(who));
				else pool.give(mailbox);
				if (mailbox !== undefined) held.delete(who);
				const owners = [...pool.owners()].sort((a, b) => a - b);
				const expected = [...held.keys()].sort((a, b) => a - b);
				if (owners.join() !== expected.join()) return false;
			}
			return true;
		}),
	);
	t.pass();
});

t.test("a mailbox does not keep a message alive that was taken out", async (t) => {
	setFlagsFromString("--expose-gc");
	const collect = runInNewContext("gc") as () => void;
	const mailbox = new MailboxPool<string>().take<object>("a");
	const taken = new WeakRef({ large: true });
	mailbox.push(taken.deref() ?? {}, many);
	mailbox.shift();
	// A weak reference holds on until the turn in which it was made or read is over.
	await new Promise<void>((resolve) => {
		setImmediate(resolve);
	});
	collect();
	t.equal(taken.deref(), undefined);
	t.equal(mailbox.length, 0);
});
