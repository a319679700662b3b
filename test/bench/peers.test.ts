// The comparison with other servers: that its pairs see what goes wrong, that CPU time is that of
// a whole process tree, and that the command runs end to end, with the two peers that need no
// package.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import t from "tap";
import { cpuMicros } from "../../bench/machine.js";
import { watchOthers } from "../../bench/others.js";
import { Pair } from "../../bench/peers/pair.js";
import { type Entry, report } from "../../bench/peers/report.js";
import { treeMicros } from "../../bench/peers/tree.js";

// It starts servers, on a machine that may be busy.
t.setTimeout(120_000);

const command = fileURLToPath(new URL("../../bench/peers/run.js", import.meta.url));

interface Ran {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}

function run(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<Ran> {
	return new Promise((resolve) => {
		execFile(process.execPath, [command, ...args], { env }, (error, stdout, stderr) => {
			resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr });
		});
	});
}

/** A pair with a window of two whose ends are this test. */
function pairOfTwo() {
	const sent: number[] = [];
	const confirmed: number[] = [];
	const faults: string[] = [];
	let cycles = 0;
	const meter = {
		cycle: () => {
			cycles += 1;
		},
		fault: (what: string) => faults.push(what),
	};
	const pair = new Pair(0, 2, [Buffer.alloc(20, "a"), Buffer.alloc(20, "b")], meter);
	pair.ends = { send: (n) => sent.push(n), confirm: (n) => confirmed.push(n) };
	pair.start();
	return { pair, sent, confirmed, faults, cycles: () => cycles };
}

t.test("a cycle is done when ack and receipt are there, and then the next leaves", async (t) => {
	const { pair, sent, confirmed, faults, cycles } = pairOfTwo();
	t.strictSame(sent, [1, 2], "the window is filled");
	pair.received(1);
	pair.received(2);
	t.strictSame(confirmed, [], "a receipt waits for the end of the turn");
	await new Promise((resolve) => setImmediate(resolve));
	t.strictSame(confirmed, [2], "and stands for all that the turn brought");
	pair.delivered(2);
	t.equal(cycles(), 0, "no ack yet");
	pair.sent(1);
	t.equal(cycles(), 1);
	t.strictSame(sent, [1, 2, 3]);
	pair.stop();
	pair.sent(2);
	t.equal(cycles(), 2);
	t.strictSame(sent, [1, 2, 3], "nothing leaves after the stop");
	t.notOk(pair.idle, "the third is under way");
	t.strictSame(faults, []);
});

const wrongs: Readonly<Record<string, (pair: Pair) => void>> = {
	"a message that is missing": (pair) => pair.received(2),
	"a message that comes twice": (pair) => {
		pair.received(1);
		pair.received(1);
	},
	"a receipt for what B has not": (pair) => pair.delivered(1),
	"a receipt that goes backwards": (pair) => {
		pair.received(1);
		pair.received(2);
		pair.delivered(2);
		pair.delivered(1);
	},
	"an ack of what was never sent": (pair) => pair.sent(3),
	"an ack that comes twice": (pair) => {
		pair.sent(1);
		pair.sent(1);
	},
};

for (const [what, happens] of Object.entries(wrongs)) {
	t.test(`${what} is a fault`, async (t) => {
		const { pair, faults } = pairOfTwo();
		happens(pair);
		t.equal(faults.length, 1);
	});
}

t.test("CPU time is that of a process and everything below it", async (t) => {
	if (cpuMicros(process.pid) === null) return t.comment("no /proc here");
	const child = `
		const until = process.cpuUsage().user + 1e5;
		while (process.cpuUsage().user < until);
		process.send("burnt");
		setInterval(() => {}, 1e3);
	`;
	const script = `
		const { fork } = require("node:child_process");
		const child = fork("-e", [${JSON.stringify(child)}], { execArgv: [] });
		child.once("message", () => process.send("burnt"));
		child.once("exit", () => process.exit());
		process.once("disconnect", () => child.kill());
	`;
	const stdio = ["ignore", "ignore", "inherit", "ipc"] as const;
	const parent = spawn(process.execPath, ["-e", script], { stdio: [...stdio] });
	const ended = once(parent, "exit");
	const others = watchOthers();
	const from = performance.now();
	await once(parent, "message");
	const coreMs = (others() ?? 0) * (performance.now() - from);
	const pid = parent.pid as number;
	const below = (treeMicros(pid) ?? 0) - (cpuMicros(pid) ?? 0);
	parent.disconnect();
	await ended;
	t.ok(below >= 90_000, `the child used 100 ms, ${below} µs were told`);
	t.ok(coreMs >= 80, `to the machine it is other work as long as it runs: ${coreMs} ms`);
	t.equal(treeMicros(pid), null, "nothing is told of a process that has ended");
});

t.test("the command compares what needs no package, and counts every message", async (t) => {
	const shape = ["--rounds", "1", "--pairs", "4", "--window", "4", "--seconds", "1"];
	const { code, stdout, stderr } = await run(["--only", "socket.io,ws", ...shape, "--json"]);
	t.equal(code, 0, stderr);
	const { peers, conditions } = JSON.parse(stdout);
	t.type(conditions.node, "string");
	t.strictSame(
		peers.map(({ key }: { key: string }) => key),
		["socket.io", "ws"],
	);
	for (const { key, runs, missing, cyclesPerSecond, faults } of peers) {
		t.equal(missing, null);
		t.equal(faults, 0, `${key} lost, doubled or swapped nothing`);
		t.equal(runs.length, 1);
		t.ok(runs[0].cycles > 16, `${key} did more than its windows hold: ${runs[0].cycles}`);
		t.ok(cyclesPerSecond > 0);
	}
});

t.test("a run with a fault is no result: the command says so and fails", async (t) => {
	// A window without room sends nothing.
	const args = ["--only", "ws", "--rounds", "1", "--pairs", "2", "--window", "0"];
	const { code, stdout } = await run([...args, "--seconds", "0.1", "--warmup", "0"]);
	t.equal(code, 1);
	t.match(stdout, /^✗ ws .*: not one cycle was done$/m);
});

t.test("a server that is not there is a row that says so", async (t) => {
	// Without a path there is neither dpkg, which would find it, nor apt, which would install it.
	const { code, stdout } = await run(["--only", "mosquitto", "--rounds", "1", "--no-install"], {
		...process.env,
		PATH: "",
	});
	t.equal(code, 0);
	t.match(stdout, /\| mosquitto \| no figures: not installed: apt-get install mosquitto \|/);
});

t.test("a peer or a flag that is not known is refused", async (t) => {
	const { code, stdout, stderr } = await run(["--only", "nobody,ws", "--pears=3", "word"]);
	t.equal(code, 2);
	t.equal(stdout, "");
	t.match(stderr, /^not known: nobody, --pears, word\n/);
});

t.test("the table shows medians, and what a cycle costs beside ours", async (t) => {
	const entry = (key: string, micros: readonly number[], othersCpuShare = 0.1): Entry => ({
		key,
		title: key,
		keeps: "nothing",
		missing: null,
		runs: micros.map((serverCpuMicrosPerCycle) => ({
			cycles: 10,
			cyclesPerSecond: 1_000,
			serverCpuMicrosPerCycle,
			serverCpuShare: 0.5,
			loadCpuShare: 0.95,
			othersCpuShare,
			p50Ms: 1,
			p99Ms: 2,
			maxMs: 3,
			faults: 0,
			firstFaults: [],
		})),
	});
	const entries = [
		entry("ours", [9, 10, 30]),
		entry("other", [45, 20, 26]),
		entry("disturbed", [10, 10, 10], 0.5),
	];
	const comparison = {
		json: false,
		conditions: {} as never,
		shape: { pairs: 1 },
		rounds: 3,
		entries,
	};
	const lines = report(comparison).split("\n");
	t.ok(
		lines.includes(
			"| ours | nothing | 1,000 | 10 | 9 – 30 | 1 | 1 | 2 | 50 % | 95 % | 10 % | load | 0 |",
		),
	);
	t.ok(
		lines.includes(
			"| other | nothing | 1,000 | 26 | 20 – 45 | 2.6 | 1 | 2 | 50 % | 95 % | 10 % | load | 0 |",
		),
	);
	t.match(
		lines.find((line) => line.startsWith("| disturbed ")),
		/\| 50 % \| machine \| 0 \|$/,
	);
	t.strictSame(
		lines.filter((line) => line.startsWith("!")),
		[
			"! beside other work, so dearer than on a quiet machine (that work's share of a core): " +
				"disturbed 50 %",
		],
	);
});
