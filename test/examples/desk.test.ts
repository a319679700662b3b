// The help desk with the broker inside, tested in one process: its own server and accounts, the
// kit's broker, and a network in front of all of it.

import t from "tap";
import { connect } from "../../src/sdk/index.js";
import { eventually, reached, startBroker, startNetwork } from "../../src/testing/index.js";
import { Accounts, startDesk } from "./desk.js";

t.test(
	"people sign in at the desk and reach each other through it, also after a crash",
	async (t) => {
		const accounts = new Accounts();
		const broker = await startBroker({ authenticate: accounts.authenticate });
		let desk = await startDesk(broker.broker, accounts);
		const network = await startNetwork(() => Number(new URL(desk.url).port));
		t.after(async () => {
			await network.close();
			await broker.close();
			await desk.close();
		});

		const signIn = async (user: string) => {
			const response = await fetch(`${network.url}/sign-in/${user}`, { method: "POST" });
			return ((await response.json()) as { key: string }).key;
		};
		await signIn("ann");
		const bob = connect({ url: network.url, token: await signIn("bob") });
		t.after(() => bob.close());
		const message = (await bob.open("ann")).send("is anybody there?");
		await reached(message, "sent");

		network.drop();
		const ann = connect({ url: network.url, token: () => signIn("ann") });
		t.after(() => ann.close());
		await reached(message, "delivered");
		await eventually(() => ann.conversations.snapshot()[0]?.unread === 1);

		// A host dies with the broker inside, and comes back with it.
		const second = bob.conversation("ann~bob").send("hello?");
		await broker.crash();
		await desk.close();
		await broker.start();
		desk = await startDesk(broker.broker, accounts);
		await reached(second, "delivered");
		await eventually(() => ann.conversations.snapshot()[0]?.unread === 2);
	},
);
