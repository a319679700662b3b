import t from "tap";
import { BrokerError } from "../../src/base/errors.js";
import { CliError, toFailure } from "../../src/cli/exit.js";
import { ConfigError } from "../../src/config/load.js";

function system(code: string, syscall: string): Error {
	return Object.assign(new Error(`${code}: it went wrong, ${syscall}`), { code, syscall });
}

t.test("each failure has its exit code and says what to do", async (t) => {
	const cases: readonly (readonly [unknown, string, RegExp])[] = [
		[system("EADDRINUSE", "listen"), "address", /--port/],
		[system("EACCES", "listen"), "address", /1024/],
		[system("EADDRNOTAVAIL", "listen"), "address", /--host/],
		[system("EROFS", "mkdir"), "disk", /read-only/],
		[system("EACCES", "open"), "disk", /--data/],
		[system("ENOSPC", "write"), "disk", /space/],
		[system("ENOTDIR", "mkdir"), "disk", /--data/],
		[new BrokerError("DATA_LOCKED", "process 7"), "locked", /stop it first/],
		[new BrokerError("JOURNAL_DAMAGED", "x"), "damaged", /backup/],
		[new BrokerError("JOURNAL_FORMAT", "x"), "damaged", /version/],
		[new BrokerError("NOT_RUNNING"), "notRunning", /start it/],
		[new ConfigError(["port must be a number"]), "config", /explain/],
		[new CliError("usage", "that is no id", "check it"), "usage", /check it/],
	];
	for (const [error, exit, action] of cases) {
		const failure = toFailure(error);
		t.equal(failure.exit, exit, String(error));
		t.match(failure.action, action);
		t.equal(failure.stack, null, "no stack for what is no fault of ours");
	}
});

t.test("the disk's own reason is told, not the journal's wrapping", async (t) => {
	const cause = system("EROFS", "open");
	t.match(toFailure(new BrokerError("JOURNAL_IO", "x", { cause })), {
		exit: "disk",
		code: "DISK",
		message: /EROFS/,
	});
});

t.test("what nobody expected is a fault with its stack", async (t) => {
	t.match(toFailure(new TypeError("x is undefined")), { exit: "fault", stack: /exit\.test/ });
	t.match(toFailure("a text"), { exit: "fault", message: "a text" });
});
