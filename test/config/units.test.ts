import fc from "fast-check";
import t from "tap";
import { suggest } from "../../src/config/suggest.js";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../src/config/units.js";

t.test("durations and sizes are read with their units", async (t) => {
	t.equal(parseDuration("250"), 250);
	t.equal(parseDuration("30s"), 30_000);
	t.equal(parseDuration("1.5h"), 5_400_000);
	t.equal(parseDuration(" 2 d "), 172_800_000);
	t.equal(parseSize("16MiB"), 16_777_216);
	t.equal(parseSize("0.5KiB"), 512);
});

t.test("what is no duration or size is null, never a guess", async (t) => {
	for (const text of ["", "s", "-1s", "1e3", "5 weeks", "0.5", "99999999999999d", "1h30m"]) {
		t.equal(parseDuration(text), null, text);
	}
	for (const text of ["16MB", "16mib", "16 M", "0x10"]) t.equal(parseSize(text), null, text);
});

t.test("any number survives being written with its unit", async () => {
	fc.assert(
		fc.property(fc.nat(2 ** 52), (value) => {
			return (
				parseDuration(formatDuration(value)) === value && parseSize(formatSize(value)) === value
			);
		}),
	);
});

t.test("the nearest name is suggested, and none for a stranger", async (t) => {
	const names = ["port", "host", "durability"];
	t.equal(suggest("prot", names), "port");
	t.equal(suggest("DURABLITY", names), "durability");
	t.equal(suggest("banana", names), null);
	t.equal(suggest("x".repeat(1_000), names), null);
});
