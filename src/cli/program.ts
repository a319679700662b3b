// The commands of `colloquy`, their arguments and their help. What each does is in a file of its
// name; how it ends is in exit.ts.

import { Argument, Command, CommanderError } from "commander";
import type { OptionName } from "../config.js";
import { addBench } from "./bench-program.js";
import { configCheck, configDefault, configExplain } from "./config-command.js";
import { exitCodes, toFailure } from "./exit.js";
import { fail, print, printJson } from "./output.js";
import { addSettings, settingsOf } from "./settings.js";
import { addTalk } from "./talk-program.js";
import { version } from "./version.js";

/** Commands are loaded when they run: `token` must not wait for the broker's modules. */
export async function run(argv: readonly string[]): Promise<void> {
	const json = argv.includes("--json");
	try {
		await program().parseAsync([...argv], { from: "user" });
	} catch (error) {
		if (!(error instanceof CommanderError)) fail(toFailure(error), json);
		else if (error.exitCode !== 0) misused(error, json);
	}
}

/** commander has told the person; a script is told here. */
function misused(error: CommanderError, json: boolean): void {
	const message = error.message.replace(/^error: /, "");
	if (json) printJson({ error: { code: "USAGE", message, action: "see --help" } });
	process.exitCode = exitCodes.usage;
}

const common: readonly OptionName[] = ["data"];

function program(): Command {
	const root = new Command("colloquy")
		.description("A durable chat broker: sent, delivered and seen that survive any crash")
		.version(version)
		.exitOverride()
		.showSuggestionAfterError()
		.showHelpAfterError("(add --help for the whole usage)")
		.configureHelp({ helpWidth: 80 });
	addServe(root);
	addTalk(root, command);
	addToken(root);
	addLooks(root);
	addConformance(root);
	addMedia(root);
	addConfig(root);
	addBench(root);
	return root;
}

/** A command with --data (or all settings) and --json; errors of usage come back as exceptions. */
function command(
	parent: Command,
	name: string,
	about: string,
	shown: readonly OptionName[] = common,
): Command {
	const made = parent.command(name).description(about).option("--json", "one JSON document");
	return addSettings(made, shown);
}

type Flags = Readonly<Record<string, unknown>>;

function addServe(root: Command): void {
	const shown: readonly OptionName[] = ["host", "port", "data", "durability", "authSecretFile"];
	command(root, "serve", "run the broker until Ctrl-C", shown)
		.option("--restored", "the folder was put back from a backup: begin a new epoch, once")
		.addHelpText("after", "\nEvery key of `colloquy config default` is a flag too.")
		.action(async (flags: Flags) => {
			const { config } = settingsOf(flags);
			const { serve } = await import("./serve.js");
			await serve(config, { json: flags.json === true, restored: flags.restored === true });
		});
}

function addToken(root: Command): void {
	command(root, "token", "print a token for a user, whether the server is up or not")
		.argument("<user>", "who the token is for")
		.option("--device <id>", "bind it to one device")
		.option("--ttl <duration>", "its life: 30s, 24h, 7d (default: tokenTtlMs, 24h)")
		.action(async (user: string, flags: Flags) => {
			const { token } = await import("./token.js");
			await token(user, flags, settingsOf(flags).config, flags.json === true);
		});
}

function addLooks(root: Command): void {
	command(root, "ps", "the live actor tree of the running server").action(async (flags: Flags) => {
		const { ps } = await import("./ps.js");
		await ps(settingsOf(flags).config.data, flags.json === true);
	});
	command(root, "inspect", "the durable truth about a user or a conversation")
		.argument("<id>", "user or conversation; ann~bob is their direct conversation")
		.option("--kind <kind>", "user or conversation, when both have the id")
		.option("--from <seq>", "first message", "1")
		.option("--limit <n>", "most messages", "100")
		.option("--all", "every message from --from on")
		.action(async (id: string, flags: Flags) => {
			const { inspect } = await import("./inspect.js");
			await inspect(id, flags, settingsOf(flags).config.data, flags.json === true);
		});
	command(root, "verify", "read every row of a stopped server's folder and check it").action(
		async (flags: Flags) => {
			const { verify } = await import("./verify.js");
			await verify(settingsOf(flags).config.data, flags.json === true);
		},
	);
	const shown: readonly OptionName[] = ["host", "port", "data"];
	command(root, "doctor", "what on this machine is in the way, each with its fix", shown).action(
		async (flags: Flags) => {
			const { doctor } = await import("./doctor.js");
			await doctor(settingsOf(flags).config, flags.json === true);
		},
	);
}

function addConformance(root: Command): void {
	const about = "prove a server, or a client, against docs/protocol.md";
	command(root, "conformance", about)
		.option("--against <url>", "the server: http://host:port, wss://host")
		.option("--token-file <user=path...>", "users to be, instead of making some up")
		.option("--secret-file <path>", "the secret to make tokens with (default: as for `token`)")
		.option("--client", "prove a client instead: it is started for each situation")
		.option("--command <command>", "how to start it; COLLOQUY_URL and COLLOQUY_TOKEN are set")
		.option("--only <text>", "only checks whose clause and situation hold this")
		.option("--long", "also those that wait for up to a minute and a half")
		.action(async (flags: Flags) => {
			const { conformance } = await import("./conformance.js");
			await conformance(flags, settingsOf(flags).config, flags.json === true);
		});
}

function addMedia(root: Command): void {
	const media = root.command("media").description("files that messages reference");
	const shown: readonly OptionName[] = ["data", "mediaFolder", "mediaS3Bucket"];
	command(media, "ls", "the files of a stopped server's folder", shown)
		.option("--limit <n>", "most files listed", "1000")
		.action(async (flags: Flags) => {
			const { mediaList } = await import("./media.js");
			await mediaList(settingsOf(flags).config, String(flags.limit), flags.json === true);
		});
	command(media, "gc", "remove what nothing references, server stopped", shown).action(
		async (flags: Flags) => {
			const { mediaCollect } = await import("./media.js");
			await mediaCollect(settingsOf(flags).config, flags.json === true);
		},
	);
	command(media, "verify", "read every file and reference, server stopped", shown).action(
		async (flags: Flags) => {
			const { mediaVerify } = await import("./media.js");
			await mediaVerify(settingsOf(flags).config, flags.json === true);
		},
	);
	command(media, "serve", "serve signed addresses alone", ["host", "port", ...shown]).action(
		async (flags: Flags) => {
			const { mediaServe } = await import("./media-serve.js");
			await mediaServe(settingsOf(flags).config, flags.json === true);
		},
	);
	media.action(() => print(media.helpInformation()));
}

function addConfig(root: Command): void {
	const config = root.command("config").description("check, print and explain the options");
	command(config, "check", "read flags, environment and file, and say what is set").action(
		(flags: Flags) => configCheck(settingsOf(flags), flags.json === true),
	);
	config
		.command("default")
		.description("a configuration file with every option at its default")
		.action(() => configDefault());
	command(config, "explain", "value, source, default and reason of one option")
		.addArgument(new Argument("<key>", "name of the option"))
		.action((key: string, flags: Flags) => {
			configExplain(key, settingsOf(flags), flags.json === true);
		});
	config.action(() => print(config.helpInformation()));
}
