// The commands of `colloquy` for people who talk: chat, send, tail, contexts, completion. What each
// does is in a file of its name.

import type { Command } from "commander";
import { print } from "./output.js";
import { addSettings, settingsOf } from "./settings.js";

type Flags = Readonly<Record<string, unknown>>;

/** Makes a command with --data and --json. */
export type Make = (parent: Command, name: string, about: string) => Command;

export function addTalk(root: Command, make: Make): void {
	addChat(root);
	addSend(root, make);
	addTail(root, make);
	addContext(root);
	addCompletion(root);
}

/** Who talks, and where: see target.ts. */
function withTarget(command: Command): Command {
	return command
		.option("--as <user>", "talk as this user, with the secret of --data")
		.option("--context <name>", "a server of `colloquy context` (or COLLOQUY_CONTEXT)")
		.option("--url <url>", "address of the server: http://host:port")
		.option("--token-file <file>", "file that holds the token");
}

function addChat(root: Command): void {
	const made = root
		.command("chat")
		.description("talk in the terminal; /help there lists its commands");
	withTarget(addSettings(made, ["data"]))
		.argument("[who]", "a user, or a conversation's id or title")
		.option("--plain", "lines instead of a screen")
		.action(async (who: string | undefined, flags: Flags) => {
			const { chat } = await import("./chat.js");
			await chat(who, flags, settingsOf(flags).config);
		});
}

function addSend(root: Command, make: Make): void {
	withTarget(make(root, "send", "send messages from an argument or from lines of the input"))
		.argument("<to>", "a user, or a conversation's id or title")
		.argument("[text]", "the message; without it each line of the input is one")
		.option("--until <status>", "wait for: queued, sent, delivered, seen", "sent")
		.option("--count <n>", "send the text so often; {{n}} and {{time}} in it are filled in", "1")
		.option("--every <duration>", "pause between messages: 500ms, 2s", "0ms")
		.option("--whole", "all of the input is one message")
		.option("--within <duration>", "longest wait for a connection and a status", "30s")
		.action(async (to: string, text: string | undefined, flags: Flags) => {
			const { send } = await import("./send.js");
			await send(to, text, flags, settingsOf(flags).config, flags.json === true);
		});
}

function addTail(root: Command, make: Make): void {
	withTarget(make(root, "tail", "print messages as they come, with --json one document a line"))
		.argument("[conversation]", "a user, or a conversation's id or title; without it: all")
		.option("--from <seq>", "history from this number; -10: the ten newest")
		.option("--count <n>", "end after so many messages")
		.option("--once", "end where the history ends")
		.option("--until <status>", "end when one's own printed messages are sent, delivered, seen")
		.option("--seen", "what is printed counts as seen")
		.option("--raw", "the text alone, as it was sent")
		.option("--within <duration>", "longest wait for a connection", "30s")
		.action(async (name: string | undefined, flags: Flags) => {
			const { tail } = await import("./tail.js");
			await tail(name, flags, settingsOf(flags).config, flags.json === true);
		});
}

function addContext(root: Command): void {
	const context = root.command("context").description("named servers: add, list, choose, remove");
	context
		.command("add")
		.description("name a server; the first one is used from then on")
		.argument("<name>", "letters, digits, dots and dashes")
		.requiredOption("--url <url>", "address of the server: https://host")
		.requiredOption("--token-file <file>", "file that holds the token, mode 0600")
		.option("--json", "one JSON document")
		.action(async (name: string, flags: Flags) => {
			const { contextAdd } = await import("./context-command.js");
			contextAdd(name, flags, flags.json === true);
		});
	context
		.command("ls")
		.description("all of them; * is the one in use")
		.option("--names", "names alone, one a line")
		.option("--json", "one JSON document")
		.action(async (flags: Flags) => {
			const { contextList } = await import("./context-command.js");
			contextList(flags, flags.json === true);
		});
	context
		.command("use")
		.description("the one that is used when none is named")
		.argument("<name>")
		.option("--json", "one JSON document")
		.action(async (name: string, flags: Flags) => {
			const { contextUse } = await import("./context-command.js");
			contextUse(name, flags.json === true);
		});
	context
		.command("rm")
		.description("forget it; the token's file stays")
		.argument("<name>")
		.option("--json", "one JSON document")
		.action(async (name: string, flags: Flags) => {
			const { contextRemove } = await import("./context-command.js");
			contextRemove(name, flags.json === true);
		});
	context.action(() => print(context.helpInformation()));
}

function addCompletion(root: Command): void {
	root
		.command("completion")
		.description("a script that completes this command line in bash or zsh")
		.argument("<shell>", "bash or zsh")
		.addHelpText("after", "\nIn ~/.bashrc: source <(colloquy completion bash)")
		.action(async (shell: string) => {
			const { completionScript } = await import("./completion.js");
			process.stdout.write(completionScript(root, shell));
		});
}
