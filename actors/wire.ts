// Stored rows in the words of the protocol: what readers find becomes what a device is told.

import { isOpen } from "../src/domain/visibility.js";
import type { Listed } from "../src/journal/list.js";
import type { PulledItem } from "../src/journal/pull.js";
import type { ShownRow } from "../src/journal/shown.js";
import type { ListEntry, PullItem, WireMessage } from "../src/protocol/frames.js";
import { hollow } from "../src/protocol/hollow.js";
import { changeOf, type Reader, wireMessage } from "./show.js";

export function wireRow(row: ShownRow, reader: Reader): WireMessage {
	if (row.state === "skip") {
		const { outbox = null, n = null } = row.write ?? {};
		return { ...hollow(row.seq, row.position, row.changed), outbox, n, id: row.id };
	}
	return wireMessage(row, reader, row.reactions);
}

export function wireItem(item: PulledItem, reader: Reader): PullItem {
	switch (item.type) {
		case "message":
			return { type: "message", message: wireRow(item.row, reader) };
		case "event": {
			const { position, event } = item;
			const change =
				item.row === null
					? changeOf(event)
					: { type: "row" as const, message: wireRow(item.row, reader) };
			return { type: "change", position, at: event.at, change };
		}
		case "watermarks": {
			const watermarks = item.pairs.map((pair) => ({
				user: pair.user,
				delivered: pair.delivered,
				deliveredAt: pair.deliveredAt,
				seen: Math.min(pair.seen, pair.delivered),
				seenAt: pair.seenAt,
			}));
			return { type: "status", position: item.position, watermarks };
		}
		default:
			return item satisfies never;
	}
}

export function wireEntry(entry: Listed, reader: Reader): ListEntry {
	const { conversation, member, info, watermark, head, position, start, unread, last } = entry;
	return {
		conversation,
		kind: member.kind,
		title: info?.title ?? "",
		picture: info?.picture ?? "",
		role: isOpen(member.intervals) ? member.role : "removed",
		mutedUntil: member.mutedUntil,
		head,
		position,
		start,
		delivered: watermark?.delivered ?? 0,
		seen: Math.min(watermark?.seen ?? 0, watermark?.delivered ?? 0),
		unread,
		last: last === null ? null : wireRow(last, reader),
	};
}
