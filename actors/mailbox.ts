// A mailbox: what waits for one actor, urgent messages before the others. It is borrowed from a
// pool only while something waits: an idle actor owns none, and `ps` finds all that waits without
// looking at idle actors. The bounds are the borrower's business (door.ts refuses); rings grow.

const capacityMin = 16;
/** A ring that had to grow beyond this is dropped when it is empty, so that a burst is not kept. */
const capacityKept = 64;
/** Empty mailboxes kept for the next actor that gets a message; at most 600 kB. */
const mailboxesKept = 1_024;

/** First in, first out. The capacity is a power of two, so that the ring wraps by masking. */
class Ring<M> {
	length = 0;
	private head = 0;
	private slots: (M | undefined)[] = new Array(capacityMin);

	get capacity(): number {
		return this.slots.length;
	}

	push(message: M): void {
		if (this.length === this.slots.length) this.grow();
		this.slots[(this.head + this.length) & (this.slots.length - 1)] = message;
		this.length += 1;
	}

	shift(): M {
		const message = this.slots[this.head];
		// The slot is cleared: a pooled ring must not keep a message alive.
		this.slots[this.head] = undefined;
		this.head = (this.head + 1) & (this.slots.length - 1);
		this.length -= 1;
		return message as M;
	}

	private grow(): void {
		const { head, slots } = this;
		const wider: (M | undefined)[] = new Array(slots.length * 2);
		for (let at = 0; at < this.length; at += 1) {
			wider[at] = slots[(head + at) & (slots.length - 1)];
		}
		this.head = 0;
		this.slots = wider;
	}
}

export class Mailbox<M> {
	private readonly data = new Ring<M>();
	private control: Ring<M> | undefined = undefined;

	constructor(
		/** Who borrowed it, and where it stands in the pool's list; the pool's business. */
		public owner: unknown,
		public place: number,
	) {}

	get length(): number {
		return this.data.length + (this.control === undefined ? 0 : this.control.length);
	}

	/** False = there are already `max` such messages. */
	push(message: M, max: number): boolean {
		if (this.data.length >= max) return false;
		this.data.push(message);
		return true;
	}

	/** False = there are already `max` such messages. */
	pushUrgent(message: M, max: number): boolean {
		this.control ??= new Ring<M>();
		if (this.control.length >= max) return false;
		this.control.push(message);
		return true;
	}

	/** The next message. Only to be called when there is one. */
	shift(): M {
		if (this.control !== undefined && this.control.length > 0) return this.control.shift();
		return this.data.shift();
	}

	/** Small enough to be kept while it is empty. */
	get modest(): boolean {
		return this.data.capacity <= capacityKept && this.control === undefined;
	}
}

/** Lends mailboxes to those for whom something waits, and knows who they are. */
export class MailboxPool<Owner> {
	private readonly free: Mailbox<unknown>[] = [];
	private readonly lent: Mailbox<unknown>[] = [];

	take<M>(owner: Owner): Mailbox<M> {
		const mailbox = this.free.pop() ?? new Mailbox<unknown>(undefined, 0);
		mailbox.owner = owner;
		mailbox.place = this.lent.length;
		this.lent.push(mailbox);
		return mailbox as Mailbox<M>;
	}

	/** Takes an empty one back; the caller forgets it. */
	give<M>(mailbox: Mailbox<M>): void {
		const last = this.lent.pop();
		if (last !== undefined && last.place !== mailbox.place) {
			last.place = mailbox.place;
			this.lent[mailbox.place] = last;
		}
		mailbox.owner = undefined;
		if (!mailbox.modest || this.free.length >= mailboxesKept) return;
		this.free.push(mailbox as Mailbox<unknown>);
	}

	*owners(): Generator<Owner, undefined> {
		for (const mailbox of this.lent) yield mailbox.owner as Owner;
		return undefined;
	}
}
