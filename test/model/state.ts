// The state of the executable model of design §5: a server, its store, devices, links to cut.
// Everything is plain JSON, so that a state is its own hash and its own copy.
// The model imports nothing of the broker: it judges the rules, not the code.

export type Mutations = Readonly<Record<string, boolean>>;

export interface Row {
	seq: number;
	/** Where it was first stored; `changed` is where it was last changed. */
	pos: number;
	changed: number;
	by: string;
	outbox: string;
	n: number;
	/** The random id within the send. */
	id: string;
	skip: boolean;
}

/** One stretch of visibility: `from < seq ≤ to`; a closed one carries the position of its cut. */
export interface Interval {
	from: number;
	to: number | null;
	cut: number | null;
}

export interface Receipt {
	changed: number;
	delivered: number;
}

export interface Member {
	intervals: Interval[];
	/** Last position that concerns this member: for a removed one the cut (ADR 0005). */
	last: number;
}

export interface Kept {
	n: number;
	id: string;
	seq: number;
}

export interface Outbox {
	last: number;
	answered: number;
	kept: Kept[];
}

export interface Conversation {
	pos: number;
	/** Positions below are no longer kept; rows are. */
	floor: number;
	rows: Row[];
	members: Record<string, Member>;
	receipts: Record<string, Receipt>;
	outboxes: Record<string, Outbox>;
	marks: Record<string, true>;
	/** Ghost: ids of edits in the order in which they were applied. */
	edits: string[];
}

export interface DeviceRecord {
	generation: number;
	outbox: string;
	epoch: number;
	listed: boolean;
	held: Record<string, number>;
}

export interface World {
	epoch: number;
	conversations: Record<string, Conversation>;
	users: Record<string, Record<string, DeviceRecord>>;
}

export interface Send {
	t: "send";
	outbox: string;
	n: number;
	answered: number;
	id: string;
	/** 0 for a message, else the `seq` of the row that it edits. */
	edit: number;
}

export interface Pull {
	/** Tells the answer of this pull from that of one which was given up. */
	id: number;
	from: number;
	until: number;
	cursor: number;
	/** Above −1: also every row after this `seq` (messages are always kept, positions are not). */
	fill: number;
}

export interface Hello {
	t: "hello";
	device: string;
	outbox: string;
	used: number;
	offered: number;
	epoch: number;
	listed: boolean;
}

export type Up =
	| Hello
	| { t: "ready"; listed: boolean }
	| { t: "list"; after: string }
	| { t: "listed" }
	| { t: "held"; c: string; pos: number }
	| ({ t: "pull"; c: string } & Pull)
	| Send
	| { t: "history"; c: string }
	| { t: "confirm"; c: string; seq: number };

export interface Push {
	t: "push";
	c: string;
	from: number;
	pos: number;
	row: Row | null;
	receipt: (Receipt & { user: string }) | null;
}

export interface Page {
	t: "page";
	c: string;
	id: number;
	rows: Row[];
	receipts: Record<string, Receipt>;
	until: number;
	cursor: number;
	done: boolean;
}

export type Result = "stored" | "refused" | "gap" | "window" | "stale" | "conflict" | "io";

export type Down =
	| { t: "welcome"; current: number; offer: number; epoch: number }
	| { t: "forked"; forgotten: boolean }
	| { t: "ok"; list: boolean }
	| { t: "marks"; items: [string, number][] }
	| { t: "entries"; items: [string, number, number][]; done: boolean }
	| Page
	| { t: "history"; c: string; at: number; rows: Row[] }
	| { t: "reset"; c: string; id: number; start: number; pos: number }
	| { t: "answer"; outbox: string; n: number; id: string; seq: number; result: Result }
	| Push;

/** What a group commit holds back until it is durable. */
export type Output =
	| { t: "frame"; sid: number; frame: Down }
	| { t: "push"; user: string; frame: Push }
	| { t: "attach"; sid: number; listed: boolean }
	| { t: "level"; user: string; c: string; pos: number }
	| { t: "mark"; user: string; c: string };

export interface Session {
	sid: number;
	user: string;
	device: string;
	outbox: string;
	/** The generation found at its hello, and the one offered. */
	current: number;
	offer: number;
	/** The client has gone; what it sent may still arrive. */
	zombie: boolean;
	attached: boolean;
	/** Still at its list: marks come after it. */
	listing: boolean;
	want: "" | "marks" | "attach";
	lagging: boolean;
	up: Up[];
	/** Read from the store, not yet on their way: pushes may overtake them. */
	reads: Down[];
	down: Down[];
}

export interface Server {
	disk: World;
	mem: World;
	outputs: Output[];
	dirty: boolean;
	sessions: Record<string, Session>;
	/** S5, S7: the newest session seen of each outbox and each device. Outlives an actor. */
	newest: Record<string, number>;
	/** How far the newest session of an outbox has come without a hole. Dies with the actor. */
	through: Record<string, number>;
	/** Ghost: ids of sends that were refused indeed. */
	refusals: Record<string, true>;
	levels: { user: string; c: string; pos: number }[];
	backup: World | null;
	next: number;
}

export interface Queued {
	n: number;
	id: string;
	edit: number;
	final: boolean;
}

export interface View {
	pos: number;
	todo: boolean;
	/** −1, or the `seq` after which the next pull takes every row. */
	fill: number;
	start: number;
	/** The position of the list entry that this view began with: what is older says nothing. */
	base: number;
	/** Ghost: a row was once replaced by an older one. */
	aged: boolean;
	rows: Record<string, Row>;
	receipts: Record<string, Receipt>;
}

export interface Storage {
	device: string;
	used: number;
	offered: number;
	epoch: number;
	listed: boolean;
	views: Record<string, View>;
	outbox: string;
	next: number;
	answered: number;
	queue: Queued[];
	/** Sends of a former outbox, until history was searched for them. */
	fork: Queued[] | null;
	/** Ghost: it was told to fork though it had been accepted before. */
	forked: boolean;
	/** Ghost: every message id this line of the device has queued, in order. */
	made: string[];
}

export interface Live {
	phase: "hello" | "ready" | "live";
	/** Positions at the moment the present generation was stored. */
	began: Record<string, number>;
	sent: number;
	flying: number;
	back: boolean;
	pulls: Record<string, Pull>;
	kept: Record<string, Push[]>;
	again: Record<string, true>;
	confirmed: Record<string, number>;
}

export interface Device {
	user: string;
	sid: number;
	/** A spare slot that a copy may take. */
	idle: boolean;
	disk: Storage;
	live: Live | null;
	backup: Storage | null;
}

export interface State {
	server: Server;
	devices: Device[];
	/** How often each disturbance may still happen. */
	left: Record<string, number>;
	/** Ghosts: what clients were told, and what a restored server legitimately lost. */
	told: Record<string, "stored" | "refused" | "unknown">;
	gone: Record<string, true>;
	ids: number;
}

export const WINDOW = 2;
export const PAGE_ROWS = 1;
export const DOWN_MAX = 4;
export const KEPT_MAX = 2;
/** The conversation that devices write to; others only concern sync. */
export const MAIN = "c1";

export function copy<T>(value: T): T {
	return JSON.parse(JSON.stringify(value)) as T;
}

export function must<T>(value: T | undefined | null): T {
	if (value === undefined || value === null) throw new Error("model: missing value");
	return value;
}
