import t from "tap";
import { decodeClientFrame } from "../../src/protocol/codec.js";
import { fingerprint } from "../../src/protocol/fingerprint.js";
import { bytesOf, vectors } from "./documented.js";

function of(hex: string): number {
	const bytes = bytesOf(hex);
	return fingerprint(bytes, 0, bytes.length);
}

t.test("fingerprints stay what they are, because journals hold them", async (t) => {
	t.equal(of(""), 7_390_793_486_689_878);
	t.equal(of("00"), 2_604_207_593_643_346);
	t.equal(of("9401c4080102030405060708aa746578742f706c61696ec4026869"), 8_657_208_336_201_386);
});

t.test("a fingerprint is a safe whole number and covers every bit", async (t) => {
	const bytes = bytesOf("9401c4080102030405060708aa746578742f706c61696ec4026869");
	const seen = new Set([fingerprint(bytes, 0, bytes.length)]);
	for (let bit = 0; bit < bytes.length * 8; bit++) {
		const changed = bytes.slice();
		changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
		seen.add(fingerprint(changed, 0, changed.length));
	}
	for (let length = 0; length < bytes.length; length++) seen.add(fingerprint(bytes, 0, length));
	t.equal(seen.size, 1 + bytes.length * 9);
	t.ok([...seen].every((value) => Number.isSafeInteger(value) && value >= 0));
});

t.test("many like commands have no fingerprint in common", async (t) => {
	const seen = new Set<number>();
	const bytes = new Uint8Array(40);
	const view = new DataView(bytes.buffer);
	for (let i = 0; i < 200_000; i++) {
		view.setUint32(8, i);
		seen.add(fingerprint(bytes, 0, bytes.length));
	}
	t.equal(seen.size, 200_000);
});

t.test(
	"a write's fingerprint is of its command: not of its number, nor of what is around",
	async (t) => {
		const hashOf = (hex: string) => {
			const frame = decodeClientFrame(bytesOf(hex));
			const op = frame.ok ? frame.ops.find((one) => one.type === "write") : undefined;
			return op?.type === "write" ? op.hash : null;
		};
		const send = vectors().find(({ name }) => name === "send")?.hex as string;
		const command = send.slice(send.indexOf("9401"));
		const hash = hashOf(send);
		t.equal(hash, of(command));
		t.equal(hashOf(`9503a7616e6e7e626f620901${command}`), hash, "other numbers");
		t.equal(hashOf(`920fc3${send}921101`), hash, "among others");
		t.equal(hashOf(`${send.replace("9503", "9603")}a178`), hash, "elements behind the command");
		t.not(
			hashOf(`9503a7616e6e7e626f620503${command.replace("9401", "9501")}c0`),
			hash,
			"other bytes",
		);
	},
);
