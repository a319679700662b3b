// Who is at the other end, as far as HTTP can tell: the address that limits count by, and whether
// the page that opened the connection may.

import { isIP, isIPv4 } from "node:net";

/**
 * The client's address, as limits count it: IPv6 by its /64, which is what one customer gets.
 *
 * Shape: `hops` proxies of ours stand in front; the header's entry at that place from the right was
 *        written by the outermost of them. Everything further left is the client's own invention.
 */
export function clientAddress(
	socketAddress: string | undefined,
	forwardedFor: string | readonly string[] | undefined,
	hops: number,
): string {
	const direct = plain(socketAddress ?? "") ?? "unknown";
	if (hops <= 0 || forwardedFor === undefined) return network(direct);
	const chain = (typeof forwardedFor === "string" ? forwardedFor : forwardedFor.join(",")).split(
		",",
	);
	// Too short: it did not come through all of them, so nobody of ours wrote it.
	const entry = chain[chain.length - hops];
	return network((entry === undefined ? null : plain(entry.trim())) ?? direct);
}

/** An address without brackets, port, zone or IPv4-in-IPv6; null: no address. */
function plain(text: string): string | null {
	let address = text;
	if (address.startsWith("[")) address = address.slice(1, Math.max(1, address.indexOf("]")));
	else if (/^[\d.]+:\d+$/.test(address)) address = address.slice(0, address.indexOf(":"));
	address = address.replace(/%.*$/, "").toLowerCase();
	const mapped = address.replace(/^::ffff:/, "");
	if (isIPv4(mapped)) return mapped;
	return isIP(address) === 0 ? null : address;
}

function network(address: string): string {
	if (isIP(address) !== 6) return address;
	// The URL parser knows every spelling of an address and writes the one form.
	const [left = "", right = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
	const head = left === "" ? [] : left.split(":");
	const tail = right === "" ? [] : right.split(":");
	const zeros = Array.from({ length: 8 - head.length - tail.length }, () => "0");
	return `${[...head, ...zeros, ...tail].slice(0, 4).join(":")}::/64`;
}

/**
 * Whether a page may connect. Without an origin it is no page but a program, which proves itself by
 * the token in its first frame: no cookie is ever looked at, so there is nothing to ride on.
 *
 * Shape: `allowed` holds origins ("https://chat.example"), or "*" for any page.
 */
export function originAllowed(
	origin: string | undefined,
	host: string | undefined,
	allowed: readonly string[],
): boolean {
	if (origin === undefined) return true;
	const url = parse(origin);
	// A real origin is nothing but scheme and host; "null" (sandboxed pages, files) is no origin.
	if (url === null || url.origin === "null" || url.origin !== origin.toLowerCase()) return false;
	if (allowed.includes("*")) return true;
	if (allowed.some((one) => parse(one)?.origin === url.origin)) return true;
	return host !== undefined && parse(`${url.protocol}//${host}`)?.host === url.host;
}

function parse(text: string): URL | null {
	try {
		return new URL(text);
	} catch {
		return null;
	}
}
