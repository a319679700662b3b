// Texts and hex digits as bytes.

export function utf8(text: string): Buffer {
	return Buffer.from(text, "utf8");
}

export function unhex(digits: string): Buffer {
	return Buffer.from(digits, "hex");
}
