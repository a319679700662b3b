// What a page has to load stays within its bounds, and holds no code made of text.

import t from "tap";
import { internalNames } from "../../bench/internal-names.js";
import { products, sizeOf } from "../../bench/size.js";

for (const product of products) {
	t.test(`${product.name} fits its bounds`, async (t) => {
		const size = await sizeOf(product);
		for (const name of ["atOnce", "connected", "all"] as const) {
			t.ok(size[name] <= product.max[name], `${size[name]} bytes ${name}`);
			t.ok(size[name] > product.max[name] / 3, `${name} measures something`);
		}
		t.equal(size.evals, 0);
	});
}

t.test("only names that nobody else sees are shortened", async (t) => {
	const names = internalNames();
	t.ok(names.length > 80, `${names.length} names`);
	for (const name of ["renewAt", "unsettled"]) {
		t.ok(names.includes(name), `${name} is internal`);
	}
	// Stored, said to other tabs, an event's, the platform's, the application's.
	for (const name of ["refs", "waits", "again", "answered", "state", "close", "subscribe"]) {
		t.notOk(names.includes(name), `${name} stays`);
	}
});

t.test("what connects is no part of what is loaded at once", async (t) => {
	const [client] = products;
	const size = client === undefined ? null : await sizeOf(client);
	t.ok(size !== null && size.connected > 1.5 * size.atOnce);
});
