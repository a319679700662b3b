// Rules of the domain and how each is broken: one piece of the compiled text for another. A piece
// that is not there any more fails the test, so that this list follows the code.

export interface Mutation {
	readonly rule: string;
	readonly file: string;
	readonly text: string;
	readonly instead: string;
	/** The kind of conversation whose histories come to it soonest. */
	readonly kind: "direct" | "group";
}

type Line = readonly [rule: string, text: string, instead: string, kind?: "group"];

function broken(file: string, list: readonly Line[]): Mutation[] {
	return list.map(([rule, text, instead, kind]) => ({
		rule,
		file,
		text,
		instead,
		kind: kind ?? "direct",
	}));
}

const decide = broken("conversation-decide", [
	["numbers have no gaps", "seq: state.head + 1,", "seq: state.head + 1 + (state.head % 3 >> 1),"],
	["a blocked sender's message is withheld", "? peer.user : null", "? null : null"],
	["watermarks never go back", "Math.max(delivered, member.delivered)", "delivered"],
	["a mark is dropped only at the end", "concern(state, member) > command.position", "false"],
]);

const evolve = broken("conversation-evolve", [
	["everyone continues from the last common fact", "state.common = state.position;", ""],
	["who heard something alone continues from there", "of state.ahead)", "of [])"],
	["a private fact moves its member", "member.last = state.position;", ""],
	[
		"a cut ends what is seen",
		"cut(member.intervals, state.head,",
		"cut(member.intervals, state.head + 1,",
		"group",
	],
	["who was removed is told nothing", "member.active = false;", "", "group"],
	[
		"who comes back is marked anew",
		"state.unmarked.add(user);",
		"member.marked || state.unmarked.add(user);",
		"group",
	],
	[
		"after a recovery no mark is certain",
		"export function recovered(state) {",
		"export function recovered(state) { return;",
	],
	[
		"a dropped mark is put again",
		"member.marked = false;\n            if (member.active)",
		"if (false)",
	],
	["a newcomer's devices pull", "from: state.position - 1", "from: 0", "group"],
	[
		"the answer to a join makes its device pull",
		"event.users.includes(event.by)",
		"false",
		"group",
	],
	[
		"a sender hears of its last message, too",
		"member.lastSent < lowest",
		"member.lastSent <= lowest",
	],
	["a receipt moves no end", "seenMoved && member.active", "seenMoved", "group"],
	["what was seen is news to one's other devices", "seenMoved && member.active", "false"],
	["seen with a send never goes back", "event.seenUpTo > sender.seen", "true"],
	["coming back confirms nothing", "if (delivered >= end)", "if (true)", "group"],
	[
		"a link is for owners and admins",
		'member.active && member.role !== "member"',
		"member.active",
		"group",
	],
	["who enters later does not see what was before", "state.head + 1;", "state.head;"],
]);

const outbox = broken("outbox", [
	[
		"answered passes over refused numbers",
		"Math.max(box.answered, write.answered)",
		"box.answered",
	],
	["what is answered is no longer kept", "write.answered > box.answered", "false"],
	["a number is for one send", "kept.hash !== write.hash", "false"],
	["a session overtakes nothing of its own", "write.n <= next", "true"],
	["a repeat is not decided again", "write.n === expected", "write.n <= expected"],
]);

const others = [
	...broken("conversation", [
		["nobody has seen what never came", "Math.min(member.seen, member.delivered)", "member.seen"],
	]),
	...broken("conversation-react", [
		["what is withheld is never shown", "user === event.withheldFrom ? skip : shown", "shown"],
		["what is not seen changes hollow", "row) ? shown : hollow", "row) ? shown : shown", "group"],
		["those who heard it alone are told once", "|| told.has(user)", ""],
	]),
	...broken("conversation-index", [
		[
			"a mark is a row",
			'type: "pending", user, conversation, on: true',
			'type: "hidden", user, conversation, seq: 0',
		],
		["a watermark has its position", "seenAt, position: watermarkPosition", "seenAt, position: 0"],
		["a tombstone has no content", "state, message: null, id", "state, id"],
		["a tombstone keeps its id", "id: idOf(before), frozen", "id: null, frozen"],
		["what is gone will not expire", "seq: event.seq, on: false", "seq: event.seq, on: true"],
	]),
	...broken("snapshot", [
		["a block survives", "state.blockedBy.add(user);", ";"],
		["who heard something alone survives", "state.ahead.add(member.user);", ";"],
		["kept answers survive", "const kept = answers.map(", "const kept = [].map("],
	]),
	...broken("visibility", [["a stay has an end", "|| seq <= interval.to", "|| true", "group"]]),
];

export const mutations: readonly Mutation[] = [...decide, ...evolve, ...outbox, ...others];
