// The picture that `ps` prints: the actor tree folded by shard, who is busy, who is in trouble, how
// the commits fare. Bounded whatever runs, and 80 columns wide. Pure: the report in, lines out.

import type { PsKind, PsRow } from "../../actors/root.js";
import type { PsReport } from "../broker.js";
import type { Paint } from "./output.js";
import type { RuntimeFile } from "./runtime-file.js";
import { ago, type Column, fit, grouped, heading, line } from "./table.js";

/** Shards of a kind that are shown by name; the others are one line. */
const hotShardsMax = 3;

const tree: readonly Column[] = [
	{ title: "actors", width: 28 },
	{ title: "running", width: 10, right: true },
	{ title: "waiting", width: 10, right: true },
	{ title: "restarts", width: 10, right: true },
	{ title: "quarantined", width: 11, right: true },
];

const rows: readonly Column[] = [
	{ title: "pid", width: 14 },
	{ title: "who", width: 27 },
	{ title: "state", width: 11 },
	{ title: "mailbox", width: 7, right: true },
	{ title: "restarts", width: 8, right: true },
];

export function psView(server: RuntimeFile, report: PsReport, paint: Paint): string {
	const { actors } = report;
	return [
		...head(server, report, paint),
		"",
		paint("dim", heading(tree)),
		...actors.kinds.flatMap((kind, index) =>
			branch(kind, index === actors.kinds.length - 1 && actors.services.length === 0, paint),
		),
		...services(actors.services),
		...people("busiest", actors.busiest, paint),
		...people("most restarts", actors.shakiest, paint),
		...people("quarantined", actors.quarantined, paint),
	].join("\n");
}

function head(server: RuntimeFile, report: PsReport, paint: Paint): string[] {
	const up = ago(report.actors.at - Date.parse(server.startedAt));
	const state = String(report.commit.state);
	const colour = state === "ok" ? "green" : "red";
	return [
		`${paint("bold", server.url)}  pid ${server.pid}  actors ${report.actors.address}/…  up ${up}`,
		...facts("commit", { ...report.commit, since: 0, state: paint(colour, state) }, paint),
		...facts("gateway", { ...report.gateway, ...report.gateway.ended, ended: null }, paint),
		...facts("so far", { ...report.actors.counters }, paint),
	];
}

/** `name  a 1 · b 2 · …`, folded to the width; figures that are zero say nothing. */
function facts(name: string, values: Readonly<Record<string, unknown>>, paint: Paint): string[] {
	const parts = Object.entries(values)
		.filter(([, value]) => value !== 0 && value !== null && value !== "" && value !== false)
		.map(([key, value]) => `${key} ${typeof value === "number" ? grouped(value) : String(value)}`);
	const lines: string[] = [];
	let current = "";
	for (const part of parts.length === 0 ? ["none"] : parts) {
		if (current !== "" && current.length + part.length > 64) {
			lines.push(current);
			current = "";
		}
		current += current === "" ? part : ` · ${part}`;
	}
	lines.push(current);
	return lines.map((text, at) => `${paint("dim", (at === 0 ? name : "").padEnd(9))}${text}`);
}

function branch(kind: PsKind, last: boolean, paint: Paint): string[] {
	// Trouble before load: a shard with an actor out of order comes first.
	const hot = [...kind.shards]
		.filter((shard) => shard.mailbox > 0 || shard.restarts > 0 || shard.quarantined > 0)
		.sort(
			(a, b) => b.quarantined - a.quarantined || b.mailbox - a.mailbox || b.restarts - a.restarts,
		)
		.slice(0, hotShardsMax);
	const stem = last ? "   " : "│  ";
	const rest = kind.shards.length - hot.length;
	const lines = [counts(`${last ? "└─" : "├─"} ${kind.name}`, kind, paint)];
	for (const [at, shard] of hot.entries()) {
		const twig = at === hot.length - 1 && rest === 0 ? "└─" : "├─";
		lines.push(counts(`${stem}${twig} shard ${shard.shard}`, shard, paint));
	}
	if (rest > 0) {
		const word = hot.length === 0 ? "shards" : "quiet shards";
		lines.push(paint("dim", `${stem}└─ ${rest} ${word}`));
	}
	if (kind.leaving > 0) lines.push(paint("dim", `${stem}   ${grouped(kind.leaving)} leaving`));
	return lines;
}

function counts(
	name: string,
	sum: { actors: number; mailbox: number; restarts: number; quarantined: number },
	paint: Paint,
): string {
	const text = line(tree, [
		name,
		grouped(sum.actors),
		grouped(sum.mailbox),
		grouped(sum.restarts),
		grouped(sum.quarantined),
	]);
	if (sum.quarantined > 0) return paint("red", text);
	return sum.restarts > 0 ? paint("yellow", text) : text;
}

function services(list: readonly PsRow[]): string[] {
	if (list.length === 0) return [];
	return [
		"└─ system",
		...list.map((row, at) => {
			const twig = at === list.length - 1 ? "└─" : "├─";
			return `   ${twig} ${fit(row.kind, 20).padEnd(20)}  ${row.state}  ${row.pid}`;
		}),
	];
}

function people(title: string, list: readonly PsRow[], paint: Paint): string[] {
	if (list.length === 0) return [];
	const lines = ["", paint("bold", title), paint("dim", heading(rows))];
	for (const row of list) {
		lines.push(
			line(rows, [
				row.pid,
				`${row.kind} ${row.id}`,
				row.state,
				grouped(row.mailbox),
				grouped(row.restarts),
			]),
		);
		const crash = row.lastCrash?.text.split("\n")[0];
		if (crash !== undefined) lines.push(paint("dim", `  ${fit(crash, 76)}`));
	}
	return lines;
}
