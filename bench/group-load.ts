// The load of `group` and `hot`: one group whose members are all connected, of whom some write and
// keep a window of messages under way. A message is done when every member has it.

import { randomBytes } from "node:crypto";
import { runAsLoad } from "./child.js";
import { Counter } from "./counter.js";
import { type Crowd, Member } from "./lean-member.js";
import type { LoadCounts } from "./load-counts.js";
import { People, type PeopleOptions } from "./people.js";
import { openingMax, type TalkOptions, talk } from "./talk.js";
import { texts } from "./texts.js";
import { inTurn, sleep } from "./turns.js";

export interface GroupOptions extends TalkOptions {
	readonly url: string;
	readonly people: PeopleOptions;
	readonly members: number;
	readonly senders: number;
	readonly window: number;
	readonly bytes: readonly [least: number, most: number];
	readonly seed: number;
}

const joinWaitMs = 20_000;

async function main(options: GroupOptions): Promise<LoadCounts> {
	const counter = new Counter({ ...options, resume: false, source: null, offered: false });
	const people = new People(options.people);
	const members: Member[] = [];
	const crowd: Crowd = {
		conversation: `bench-${randomBytes(8).toString("hex")}`,
		members,
		window: options.window,
		texts: texts(4_096, options.bytes, null, options.seed),
		written: 1,
	};
	for (let index = 0; index < options.members; index += 1) {
		members.push(new Member(counter, counter, people.at(index).token, index, crowd));
	}
	const from = performance.now();
	await inTurn(members.length, openingMax, (index) => (members[index] as Member).connected());
	const connectsPerSecond = (members.length * 1_000) / (performance.now() - from);
	await found(
		crowd,
		members.map((_, index) => people.at(index).user),
	);
	return talk(options, counter, {
		talkers: members,
		connectsPerSecond,
		async start() {
			for (const member of members.slice(0, options.senders)) member.start();
		},
		stop: () => {},
		lateSends: () => 0,
	});
}

/** The first member makes the group; all hear of it. Errors: Error when somebody does not. */
async function found(crowd: Crowd, users: readonly string[]): Promise<void> {
	const { conversation, members } = crowd;
	const [founder] = members as [Member];
	founder.link.say({
		type: "write",
		conversation,
		n: 1,
		answered: 0,
		command: { type: "create", kind: "group", title: "bench", members: users.slice(1) },
	});
	const until = performance.now() + joinWaitMs;
	while (!members.every((member) => member.joined)) {
		if (performance.now() > until) throw new Error("some members never heard of the group");
		await sleep(10);
	}
}

await runAsLoad(main);
