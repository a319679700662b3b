// Where the socket of a server is.

/**
 * `http://host:port`, `ws://host:port` or an address with a path of its own → the socket's address.
 */
export function socketUrl(url: string): string {
	const parsed = new URL(url);
	if (parsed.protocol === "http:") parsed.protocol = "ws:";
	if (parsed.protocol === "https:") parsed.protocol = "wss:";
	if (!parsed.pathname.endsWith("/v1")) {
		parsed.pathname = `${parsed.pathname.replace(/\/$/, "")}/v1`;
	}
	return parsed.href;
}
