// Who takes part in a load: users that are made up, with tokens from the server's secret, or those
// of a file of tokens, one `user token` a line. Secrets travel as paths, never as arguments.

import { readFileSync } from "node:fs";
import { mint } from "./server.js";

export interface PeopleOptions {
	/** What tokens are made with; null: `tokenFile` has them. */
	readonly secretFile: string | null;
	readonly tokenFile: string | null;
	/** The first of the file that are this process's. */
	readonly first: number;
}

export interface Person {
	readonly user: string;
	readonly token: string;
}

export class People {
	private readonly given: readonly Person[];
	private readonly secret: string | null;
	private readonly first: number;
	private readonly run = `${process.pid.toString(36)}${Date.now().toString(36)}`;

	constructor({ secretFile, tokenFile, first }: PeopleOptions) {
		this.given = tokenFile === null ? [] : peopleIn(tokenFile);
		this.secret = secretFile === null ? null : readFileSync(secretFile, "utf8").trim();
		this.first = first;
	}

	/** The same for the same number. */
	at(index: number): Person {
		if (this.secret !== null) {
			const user = `p${index}-${this.run}`;
			return { user, token: mint(this.secret, user) };
		}
		const person = this.given[this.first + index];
		if (person === undefined) throw new Error(`no token for person ${this.first + index}`);
		return person;
	}
}

/** Errors: Error when a line is no `user token`. */
export function peopleIn(tokenFile: string): Person[] {
	const lines = readFileSync(tokenFile, "utf8")
		.split("\n")
		.filter((line) => line.trim() !== "");
	return lines.map((line, at) => {
		const [user, token, ...rest] = line.trim().split(/\s+/);
		if (user !== undefined && token !== undefined && rest.length === 0) return { user, token };
		throw new Error(`${tokenFile}:${at + 1} is no \`user token\``);
	});
}
