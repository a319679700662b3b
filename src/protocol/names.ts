// Ids as they come off the wire: the rule of `base/ids.ts`, applied once, here. Nearly all ids are
// plain ASCII already in normal form, and those pass by looking at their bytes.

import {
	conversationId,
	deviceId,
	deviceIdBytesMax,
	directSeparator,
	userId,
	userIdBytesMax,
} from "../base/ids.js";
import type { Reader } from "./reader.js";
import { textOf } from "./utf8.js";

/** 1: printable ASCII that stands for itself in an id. Upper case, `~`, blanks and beyond: 0. */
const plain = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7e; byte++) plain[byte] = byte >= 0x41 && byte <= 0x5a ? 0 : 1;

const separator = directSeparator.charCodeAt(0);

/** Far above any id: what is longer is not even turned into a text. */
const rawBytesMax = 1_024;

export function readUser(reader: Reader): string {
	return readId(reader, userId, userIdBytesMax);
}

export function readDevice(reader: Reader): string {
	return readId(reader, deviceId, deviceIdBytesMax);
}

type Rule = (raw: string) => string | null;

function readId(reader: Reader, rule: Rule, bytesMax: number): string {
	const length = reader.textLength();
	if (length < 0) return "";
	const from = reader.at;
	const to = from + length;
	reader.at = to;
	if (length <= bytesMax && plainUntil(reader.bytes, from, to) === to && !dots(reader, from, to)) {
		return textOf(reader.bytes, from, to);
	}
	return byRule(reader, from, to, rule);
}

export function readConversation(reader: Reader): string {
	const length = reader.textLength();
	if (length < 0) return "";
	const { bytes } = reader;
	const from = reader.at;
	const to = from + length;
	reader.at = to;
	const first = plainUntil(bytes, from, to);
	const whole = first === to;
	const pair = !whole && bytes[first] === separator && plainUntil(bytes, first + 1, to) === to;
	if ((whole || pair) && fits(reader, from, first) && (whole || fits(reader, first + 1, to))) {
		if (whole || ordered(bytes, from, first, to)) return textOf(bytes, from, to);
	}
	return byRule(reader, from, to, conversationId);
}

function plainUntil(bytes: Uint8Array, from: number, to: number): number {
	let at = from;
	while (at < to && plain[bytes[at] as number] === 1) at++;
	return at;
}

/** Whether the part before `middle` comes no later than the one behind it. */
function ordered(bytes: Uint8Array, from: number, middle: number, to: number): boolean {
	for (let i = 0; from + i < middle; i++) {
		if (middle + 1 + i === to) return false;
		const one = bytes[from + i] as number;
		const two = bytes[middle + 1 + i] as number;
		if (one !== two) return one < two;
	}
	return true;
}

function fits(reader: Reader, from: number, to: number): boolean {
	return to - from <= userIdBytesMax && !dots(reader, from, to);
}

/** Nothing, `.` and `..` are no ids. */
function dots(reader: Reader, from: number, to: number): boolean {
	const length = to - from;
	if (length > 2) return false;
	for (let at = from; at < to; at++) if (reader.bytes[at] !== 0x2e) return false;
	return true;
}

function byRule(reader: Reader, from: number, to: number, rule: Rule): string {
	const id = to - from > rawBytesMax ? null : rule(textOf(reader.bytes, from, to));
	if (id === null) reader.refuse("breaks the rule for ids", "ID_INVALID");
	return id ?? "";
}
