// A user: devices with their generations, profile, privacy, and what each device holds (rules S7,
// Y2, Y3). Pure. Not here: presence and sessions, which are soft; conversations, which have their
// own actors.

import type { ErrorCode } from "../base/errors.js";
import { accept, type Decision, noChange, reject } from "./decision.js";
import type { Effect } from "./effect.js";
import type { UserEvent, Visibility, Write } from "./event.js";
import type { IndexRow } from "./index-row.js";
import { type Outboxes, record } from "./outbox.js";

export interface Device {
	readonly id: string;
	/** The current generation; a hello below it comes from a restored or copied storage. */
	generation: number;
	outbox: string;
	/** New until it confirms that it stored the whole conversation list. */
	fresh: boolean;
	seenAt: number;
	/** What it answered to the marks of its present generation. */
	held: Map<string, number>;
}

export interface User {
	readonly id: string;
	exists: boolean;
	createdAt: number;
	name: string;
	picture: string;
	presence: Visibility;
	position: number;
	readonly devices: Map<string, Device>;
	readonly outboxes: Outboxes;
	/** Tokens issued before this time are void. */
	revokedBefore: number;
}

export interface UserCaps {
	readonly devicesPerUserMax: number;
	readonly deviceForgottenAfterMs: number;
	readonly heldPerDeviceMax: number;
}

export type UserCommand =
	| { readonly type: "provision"; readonly at: number }
	| {
			readonly type: "ready";
			readonly at: number;
			readonly device: string;
			readonly generation: number;
			readonly outbox: string;
	  }
	| { readonly type: "listed"; readonly at: number; readonly device: string }
	| {
			readonly type: "held";
			readonly at: number;
			readonly device: string;
			readonly generation: number;
			readonly held: readonly { readonly conversation: string; readonly position: number }[];
	  }
	| {
			readonly type: "drop";
			readonly at: number;
			readonly device: string;
			readonly reason: "unseen" | "logout";
	  }
	| { readonly type: "revoke"; readonly at: number; readonly device: string | null }
	| {
			readonly type: "profile";
			readonly at: number;
			readonly write: Write;
			readonly name: string;
			readonly picture: string;
	  }
	| {
			readonly type: "privacy";
			readonly at: number;
			readonly write: Write;
			readonly presence: Visibility;
	  };

export function initialUser(id: string): User {
	return {
		id,
		exists: false,
		createdAt: 0,
		name: "",
		picture: "",
		presence: "everyone",
		position: 0,
		devices: new Map(),
		outboxes: new Map(),
		revokedBefore: 0,
	};
}

export type Hello =
	| { readonly ok: true; readonly generation: number; readonly fresh: boolean }
	| { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

function no(code: ErrorCode, detail: string): Hello {
	return { ok: false, code, detail };
}

/** What a hello of a device means. Changes nothing: only `ready` makes a generation current. */
export function greet(
	state: User,
	hello: { at: number; device: string; generation: number; issuedAt: number },
	caps: UserCaps,
): Hello {
	if (hello.issuedAt < state.revokedBefore) {
		return no("AUTH_REVOKED", "the token was revoked");
	}
	const known = state.devices.get(hello.device);
	if (known === undefined) {
		if (hello.generation > 0) {
			return no("DEVICE_FORGOTTEN", "the device is not known (any more)");
		}
		if (living(state, hello.at, caps) >= caps.devicesPerUserMax) {
			return no("DEVICE_LIMIT", `${caps.devicesPerUserMax} devices at most`);
		}
		return { ok: true, generation: 1, fresh: true };
	}
	if (hello.generation < known.generation) {
		return no("DEVICE_FORKED", `generation ${hello.generation} is below ${known.generation}`);
	}
	return { ok: true, generation: hello.generation + 1, fresh: known.fresh };
}

function living(state: User, at: number, caps: UserCaps): number {
	let count = 0;
	for (const device of state.devices.values()) {
		if (!isForgotten(device, at, caps)) count++;
	}
	return count;
}

function isForgotten(device: Device, at: number, caps: UserCaps): boolean {
	return at - device.seenAt > caps.deviceForgottenAfterMs;
}

/** Devices to drop because nobody has seen them for too long. */
export function forgotten(state: User, at: number, caps: UserCaps): string[] {
	const devices = [...state.devices.values()];
	return devices.filter((device) => isForgotten(device, at, caps)).map((device) => device.id);
}

export function decideUser(state: User, command: UserCommand, caps: UserCaps): Decision<UserEvent> {
	const { at } = command;
	const by = state.id;
	switch (command.type) {
		case "provision":
			return state.exists ? noChange() : accept({ type: "registered", at, by });
		case "ready": {
			const { device, generation, outbox } = command;
			const known = state.devices.get(device);
			if (generation <= (known?.generation ?? 0)) return reject("DEVICE_FORKED");
			if (known === undefined && living(state, at, caps) >= caps.devicesPerUserMax) {
				return reject("DEVICE_LIMIT");
			}
			return accept({ type: "device-current", at, by, device, generation, outbox });
		}
		case "listed":
			return state.devices.get(command.device)?.fresh
				? accept({ type: "device-listed", at, by, device: command.device })
				: noChange();
		case "held": {
			const device = state.devices.get(command.device);
			if (device === undefined || device.generation !== command.generation) return noChange();
			let room = caps.heldPerDeviceMax - device.held.size;
			const held = command.held.filter(
				({ conversation }) => device.held.has(conversation) || room-- > 0,
			);
			return held.length === 0
				? noChange()
				: accept({ type: "device-held", at, by, device: device.id, held });
		}
		case "drop": {
			const { device, reason } = command;
			return state.devices.has(device)
				? accept({ type: "device-dropped", at, by, device, reason })
				: noChange();
		}
		case "revoke":
			return accept({ type: "revoked", at, by, before: at, device: command.device });
		case "profile": {
			const { write, name, picture } = command;
			return accept({ type: "profiled", at, by, write, name, picture });
		}
		case "privacy":
			return accept({ type: "privacy", at, by, write: command.write, presence: command.presence });
	}
}

export function evolveUser(state: User, event: UserEvent, position = state.position + 1): void {
	const from = state.position;
	state.position = position;
	applyUser(state, event);
	if (event.write !== undefined) {
		const { n, hash } = event.write;
		const kept = { n, hash, from, position, seq: 0, at: event.at, text: null };
		record(state.outboxes, event.by, event.write, kept);
	}
}

function applyUser(state: User, event: UserEvent): void {
	switch (event.type) {
		case "registered":
			state.exists = true;
			state.createdAt = event.at;
			return;
		case "device-current": {
			const { device: id, generation, outbox, at } = event;
			const fresh = state.devices.get(id)?.fresh ?? true;
			// A new generation answers the marks anew: what the former one held proves nothing.
			state.devices.set(id, { id, generation, outbox, fresh, seenAt: at, held: new Map() });
			return;
		}
		case "device-listed": {
			const device = state.devices.get(event.device);
			if (device !== undefined) device.fresh = false;
			return;
		}
		case "device-held": {
			const device = state.devices.get(event.device);
			for (const { conversation, position } of event.held) device?.held.set(conversation, position);
			return;
		}
		case "device-dropped":
			state.devices.delete(event.device);
			return;
		case "profiled":
			state.name = event.name;
			state.picture = event.picture;
			return;
		case "privacy":
			state.presence = event.presence;
			return;
		case "revoked":
			if (event.device === null) state.revokedBefore = event.before;
			else state.devices.delete(event.device);
			return;
		default:
			event satisfies never;
	}
}

export function reactUser(state: User, event: UserEvent): Effect[] {
	switch (event.type) {
		case "device-held":
			return levels(
				state,
				event.held.map((one) => one.conversation),
			);
		case "device-dropped": {
			const end: Effect = {
				type: "end",
				user: state.id,
				device: event.device,
				code: "AUTH_REVOKED",
			};
			return event.reason === "logout"
				? [end, ...levels(state, anyHeld(state))]
				: levels(state, anyHeld(state));
		}
		case "revoked": {
			const { device } = event;
			const end: Effect = { type: "end", user: state.id, device, code: "AUTH_REVOKED" };
			return device === null ? [end] : [end, ...levels(state, anyHeld(state))];
		}
		default:
			return [];
	}
}

function anyHeld(state: User): string[] {
	const first = state.devices.values().next().value;
	return first === undefined ? [] : [...first.held.keys()];
}

/** Conversations that every registered device held in its present generation (Y2). */
function levels(state: User, conversations: readonly string[]): Effect[] {
	const effects: Effect[] = [];
	for (const conversation of conversations) {
		let position = Number.POSITIVE_INFINITY;
		for (const device of state.devices.values()) {
			position = Math.min(position, device.fresh ? -1 : (device.held.get(conversation) ?? -1));
		}
		if (position < 0 || position === Number.POSITIVE_INFINITY) continue;
		effects.push({ type: "level", conversation, user: state.id, position });
	}
	return effects;
}

export function indexUser(state: User, event: UserEvent): IndexRow[] {
	if (event.type !== "registered" && event.type !== "profiled" && event.type !== "privacy")
		return [];
	const { name, picture, presence, createdAt } = state;
	return [{ type: "user", user: state.id, row: { name, picture, presence, createdAt } }];
}
