// Tickets where no message references a file: any use of them is a fault of the test.

import type { Tickets } from "../../actors/port.js";

export const noTickets: Tickets = {
	hold: () => {
		throw new Error("no message here references a file");
	},
	make: () => {
		throw new Error("no message here references a file");
	},
};
