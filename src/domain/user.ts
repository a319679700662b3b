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
	/** The name of the current generation: who doesn't know it has a restored or copied storage. */
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
	/** The same for single devices, oldest revocation first. */
	readonly revokedDevices: Map<string, number>;
}

/** Revoked devices remembered apart; a further one makes room, see `revokeDevice`. */
export const revokedDevicesMax = 64;

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
			/** What welcome called current, and what it offered. */
			readonly current: number;
			readonly generation: number;
			readonly outbox: string;
			/** When the token was issued that let the session in. */
			readonly issuedAt: number;
	  }
	| {
			readonly type: "seen";
			readonly at: number;
			readonly device: string;
			readonly generation: number;
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
		revokedDevices: new Map(),
	};
}

export interface Hello {
	readonly at: number;
	readonly device: string;
	readonly accepted: number;
	readonly offered: number;
	readonly outbox: string;
	/** ms; a revocation after it makes the token void. */
	readonly issuedAt: number;
	/** For the name of the generation that is offered; below `generationStep`. */
	readonly random: number;
}

export type Greeting =
	| {
			readonly ok: true;
			readonly current: number;
			readonly generation: number;
			readonly fresh: boolean;
	  }
	| { readonly ok: false; readonly code: ErrorCode; readonly detail: string };

function no(code: ErrorCode, detail: string): Greeting {
	return { ok: false, code, detail };
}

/**
 * A generation is a count and, below it, a random part: two copies that are offered the same count
 * have different names all the same, so that only one of them can be current.
 */
export const generationStep = 2 ** 24;

function countOf(generation: number): number {
	return Math.floor(generation / generationStep);
}

/** What a hello of a device means. Changes nothing: only `ready` makes a generation current. */
export function greet(state: User, hello: Hello, caps: UserCaps): Greeting {
	const { accepted, offered } = hello;
	if (isVoid(state, hello.device, hello.issuedAt)) {
		return no("AUTH_REVOKED", "the token was revoked");
	}
	const known = state.devices.get(hello.device);
	if (known === undefined) {
		if (offered > 0) return unknown(state, hello.outbox);
		if (living(state, hello.at, caps) >= caps.devicesPerUserMax) {
			return no("DEVICE_LIMIT", `${caps.devicesPerUserMax} devices at most`);
		}
	} else if (known.generation !== accepted && known.generation !== offered) {
		// A count that was current once and is above ours: our own storage is the older one.
		if (countOf(accepted) <= countOf(known.generation)) {
			return no("DEVICE_FORKED", "this generation of the device was replaced by another copy's");
		}
	}
	const current = known?.generation ?? 0;
	const count = countOf(Math.max(current, accepted, offered)) + 1;
	const generation = count * generationStep + hello.random;
	if (!Number.isSafeInteger(generation)) return no("DEVICE_FORKED", "the count is at its end");
	return { ok: true, current, generation, fresh: known?.fresh ?? true };
}

/** Numbers of an outbox are still known while some registered device has it: it may be kept. */
function unknown(state: User, outbox: string): Greeting {
	for (const device of state.devices.values()) {
		if (device.outbox === outbox) {
			return no("DEVICE_FORKED", "another device has taken over this outbox");
		}
	}
	return no("DEVICE_FORGOTTEN", "the device is not known (any more)");
}

/** Whether a token of that time lets this device in no more. */
export function isVoid(state: User, device: string, issuedAt: number): boolean {
	return issuedAt < Math.max(state.revokedBefore, state.revokedDevices.get(device) ?? 0);
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
			const { device, current, generation, outbox, issuedAt } = command;
			// The revocation may have come between hello and now.
			if (isVoid(state, device, issuedAt)) return reject("AUTH_REVOKED");
			const known = state.devices.get(device);
			// Another copy's came in between.
			if (current !== (known?.generation ?? 0)) return reject("DEVICE_FORKED");
			if (known === undefined && living(state, at, caps) >= caps.devicesPerUserMax) {
				return reject("DEVICE_LIMIT");
			}
			return accept({ type: "device-current", at, by, device, generation, outbox });
		}
		case "seen": {
			const device = state.devices.get(command.device);
			return device?.generation === command.generation && device.seenAt < at
				? accept({ type: "device-seen", at, by, device: device.id })
				: noChange();
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
		case "device-seen": {
			const device = state.devices.get(event.device);
			if (device !== undefined) device.seenAt = event.at;
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
			if (event.device === null) {
				state.revokedBefore = Math.max(state.revokedBefore, event.before);
				state.revokedDevices.clear();
			} else revokeDevice(state, event.device, event.before);
			return;
		default:
			event satisfies never;
	}
}

function revokeDevice(state: User, device: string, before: number): void {
	const { devices, revokedDevices } = state;
	devices.delete(device);
	revokedDevices.delete(device);
	revokedDevices.set(device, before);
	if (revokedDevices.size <= revokedDevicesMax) return;
	// The oldest revocation goes on holding, for all devices from now on: to forget it would let a
	// token in that was taken back.
	const [oldest, time] = revokedDevices.entries().next().value as [string, number];
	revokedDevices.delete(oldest);
	state.revokedBefore = Math.max(state.revokedBefore, time);
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
