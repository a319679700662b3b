// A device that holds some of a conversation, and the answers to its pulls: what the tests of the
// cursor, of receipts and of the list begin with.

import type { PullItem, ServerOp } from "../../src/protocol/frames.js";
import { type Peer, Stage } from "../helpers/scripted-peer.js";
import { pushed, row } from "./operations.js";

export const c = "c1";

export function messageItem(seq: number, changes = {}): PullItem {
	return { type: "message", message: row(seq, changes) };
}

export function page(
	request: number,
	items: PullItem[],
	position: number,
	until: number,
	done: boolean,
): ServerOp {
	return { type: "result", request, result: { type: "pull", items, position, until, done } };
}

/** A device that holds the conversation up to this message, one position each. */
export async function holding(seq: number): Promise<{ stage: Stage; peer: Peer }> {
	const stage = new Stage();
	const peer = await stage.live();
	for (let i = 1; i <= seq; i += 1) peer.say(pushed(c, i));
	await stage.settle();
	peer.heard.length = 0;
	return { stage, peer };
}

export function held(stage: Stage): [number, number] {
	const view = stage.store.view(c);
	return [view?.position ?? 0, view?.held ?? 0];
}
