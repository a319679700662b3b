// The preview of a file to whoever may read the file. docs/media.md §11.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type Given, known, label } from "./download.js";
import type { Previews } from "./previews.js";

/** Answers GET and HEAD: 200, 304, or 204 without a preview. Errors: those of `Previews.of`. */
export async function sendPreview(
	previews: Previews,
	request: IncomingMessage,
	response: ServerResponse,
	given: Given,
): Promise<void> {
	const preview = await previews.of(given.hash);
	if (preview === null) {
		// Another time there may be one: when the server can make it, or has.
		response.setHeader("cache-control", "no-store");
		response.writeHead(204).end();
		return;
	}
	const { bytes, width, height, thumbhash } = preview;
	const etag = `"${given.hash}-preview"`;
	label(response, given, { type: "image/webp", inline: true }, etag);
	response.removeHeader("accept-ranges");
	response.setHeader("media-width", width);
	response.setHeader("media-height", height);
	response.setHeader("media-thumbhash", thumbhash);
	if (known(request.headers["if-none-match"], etag)) {
		response.writeHead(304).end();
		return;
	}
	response.writeHead(200, { "content-length": bytes.length });
	response.end(request.method === "HEAD" ? undefined : bytes);
}
