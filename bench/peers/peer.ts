// What the comparison knows of a peer: how it is started, and how a pair of users speaks to it.
// Each peer is one file, whose opening says which practice of that peer's friends it follows.

export interface Peer {
	/** How it is named after `--only`. */
	readonly key: string;
	/** With the version that is installed. */
	title(): string;
	/** What is left of a message, and where, by the time A has its ack. */
	readonly keeps: string;
	/** The Debian package that brings it; null: it is an npm package of this checkout. */
	readonly debian: string | null;
	/** On a free port of loopback; everything it writes goes below `folder`. */
	start(folder: string): Promise<Service>;
	/** Both ends of pair number `pair`, connected and ready. */
	open(port: number, pair: number, sink: Sink): Promise<Ends>;
}

/** A server that runs, in a process tree of its own. */
export interface Service {
	readonly pid: number;
	readonly port: number;
	/** What it said last, when it has ended by itself; null: it is up. */
	lastWords(): string | null;
	/** Ends it and whatever it started. */
	stop(): Promise<void>;
}

/** What a pair is asked to do; how, is the peer's. */
export interface Ends {
	/** A says message `n`; the first bytes of `content` are its mark. */
	send(n: number, content: Buffer): void;
	/** B tells A, the way this peer does it, that it holds everything up to `n`. */
	confirm(n: number): void;
}

/** What the ends report, as it comes. */
export interface Sink {
	/** A's ack: the server has message `n`. */
	sent(n: number): void;
	/** B has a message with this mark. */
	received(mark: number): void;
	/** A knows that B holds everything up to `n`. */
	delivered(n: number): void;
	fault(what: string): void;
}
