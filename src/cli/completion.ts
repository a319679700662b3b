// `colloquy completion`: a script for bash or zsh, made from the commands themselves, so that it
// can never know other ones than there are. Names of contexts are asked for when Tab is pressed.

import type { Command } from "commander";
import { CliError } from "./exit.js";

export const shells = ["bash", "zsh"] as const;

interface Entry {
	/** `context use`, or `` for the words that stand first. */
	readonly path: string;
	readonly words: readonly string[];
}

/** The script; to be evaluated by the shell. Errors: CliError for another shell. */
export function completionScript(root: Command, shell: string): string {
	if (shell !== "bash" && shell !== "zsh") {
		throw new CliError("usage", `${shell} is not known here`, `say ${shells.join(" or ")}`);
	}
	return shell === "bash" ? bash(entriesOf(root)) : zsh(entriesOf(root));
}

function entriesOf(command: Command, path = ""): Entry[] {
	const visible = command.createHelp().visibleCommands(command);
	const options = command
		.createHelp()
		.visibleOptions(command)
		.map(({ long, short }) => long ?? short ?? "");
	const names = visible.map((one) => one.name());
	const below = visible
		.filter((one) => one.name() !== "help")
		.flatMap((one) => entriesOf(one, `${path} ${one.name()}`.trim()));
	return [{ path, words: [...names, ...options] }, ...below];
}

/** Lines of a `case` over the command; both shells read them. */
function cases(entries: readonly Entry[]): string {
	return entries
		.map(({ path, words }) => `\t\t"${path}") fitting="${words.join(" ")}" ;;`)
		.join("\n");
}

/** Finds the longest command that the typed words name, then what may follow it. */
const lookUp = (entries: readonly Entry[]) => `\tlocal at="" fitting="" word
	for word in "$@"; do
		case "$word" in
			-*) continue ;;
		esac
		case " ${entries.map(({ path }) => path.replaceAll(" ", "/")).join(" ")} " in
			*" \${at:+$at/}$word "*) at="\${at:+$at/}$word" ;;
		esac
	done
	at="\${at//\\// }"
	case "$at" in
${cases(entries)}
	esac
	case "$previous" in
		--context) fitting="$(colloquy context ls --names 2>/dev/null)" ;;
		--until) fitting="queued sent delivered seen" ;;
	esac
	case "$at" in
		"context use" | "context rm") fitting="$fitting $(colloquy context ls --names 2>/dev/null)" ;;
		completion) fitting="bash zsh $fitting" ;;
	esac`;

const files = ["--config", "--data", "--auth-secret-file", "--token-file"].join(" | ");

function bash(entries: readonly Entry[]): string {
	return `# Completion of colloquy for bash: source <(colloquy completion bash)
_colloquy_words() {
	local previous="$1"
	shift
${lookUp(entries)}
	printf '%s' "$fitting"
}
_colloquy() {
	local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}"
	case "$previous" in
		${files})
			COMPREPLY=($(compgen -f -- "$current"))
			return
			;;
	esac
	local fitting
	fitting="$(_colloquy_words "$previous" "\${COMP_WORDS[@]:1:COMP_CWORD-1}")"
	COMPREPLY=($(compgen -W "$fitting" -- "$current"))
}
complete -F _colloquy colloquy
`;
}

function zsh(entries: readonly Entry[]): string {
	return `#compdef colloquy
# Completion of colloquy for zsh: source <(colloquy completion zsh), after compinit
_colloquy_words() {
	local previous="$1"
	shift
${lookUp(entries)}
	print -r -- "$fitting"
}
_colloquy() {
	local previous="\${words[CURRENT-1]}"
	case "$previous" in
		${files})
			_files
			return
			;;
	esac
	local -a found
	found=(\${=$(_colloquy_words "$previous" "\${(@)words[2,CURRENT-1]}")})
	compadd -a found
}
if [ "$funcstack[1]" = "_colloquy" ]; then
	_colloquy "$@"
else
	compdef _colloquy colloquy
fi
`;
}
