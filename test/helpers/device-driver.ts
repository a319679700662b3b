// The client layer as a program that the conformance kit can start: takes its server and token from
// the environment and texts to send from its standard input.
//
//   colloquy conformance --client --command 'node dist/test/helpers/device-driver.js'

import { createInterface } from "node:readline";
import { deviceSubject } from "./device-subject.js";

const { COLLOQUY_URL: url = "", COLLOQUY_TOKEN: token = "" } = process.env;
const device = await deviceSubject()({ url, token });
process.once("SIGTERM", () => {
	void device.stop().then(() => process.exit(0));
});
for await (const line of createInterface({ input: process.stdin })) {
	const { send } = JSON.parse(line) as { send: { conversation: string; text: string } };
	device.send(send.conversation, send.text);
}
