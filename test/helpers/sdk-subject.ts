// The SDK as a subject of the conformance kit: what an application gets from `connect`, with a
// storage that forgets everything at its end and a source of tokens that has only the one given.

import type { Subject } from "../../src/conformance/index.js";
import { connect } from "../../src/sdk/index.js";

export const sdkSubject: Subject = async ({ url, token }) => {
	const client = connect({
		url,
		token: (reason) => {
			// As an application whose person has to sign in anew.
			if (reason === "refused") throw new Error("there is no other token");
			return token;
		},
	});
	// Nonsense of the peer is told here as well; the kit judges what follows from it.
	client.on("error", () => {});
	return {
		send: (conversation, text) => {
			client.conversation(conversation).send(text);
		},
		stop: () => client.close(),
	};
};
