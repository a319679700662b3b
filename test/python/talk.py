"""Two people talk while somebody kills the server: every text arrives once, in order.

    python3 talk.py --url ws://… --state DIR --tokens tokens.json --texts 400

Prints `sending` when the talk has begun, so that the killer knows; then `expected = got` lines and
`N of N`. What it shows: outbox, go back N, resume, receipts ([P-5.1] to [P-5.5], section 6).
"""

import argparse
import asyncio
import json
import os
import sys

try:
    from colloquy_client import Client
except ImportError as error:
    print(f"skipped: {error}; on Debian: apt-get install python3-msgpack python3-websockets")
    sys.exit(77)

checks = []


def check(name, expected, got):
    checks.append(expected == got)
    shown = (expected, got) if len(str(got)) < 200 else ("(long)", "(long)")
    print(f"{name}: {shown[0]} {'=' if checks[-1] else 'but'} {shown[1]}", flush=True)


async def eventually(condition, seconds=30):
    for _ in range(int(seconds / 0.05)):
        if condition():
            return True
        await asyncio.sleep(0.05)
    return False


async def main(options):
    with open(options.tokens, encoding="utf-8") as file:
        tokens = json.load(file)
    os.makedirs(options.state, exist_ok=True)

    def device(user, name):
        return Client(options.url, tokens[user], os.path.join(options.state, f"{name}.db"))

    ann, bob, late = device("ann", "ann"), device("bob", "bob"), device("bob", "bob-late")
    over = False
    tasks = [asyncio.ensure_future(one.keep_connected(lambda: over)) for one in (ann, bob)]
    await eventually(lambda: ann.level and bob.level)
    conversation = await ann.open("bob")
    texts = [f"text {i}" for i in range(options.texts)]
    half = len(texts) // 2
    first = [asyncio.ensure_future(ann.send(conversation, text)) for text in texts[:half]]
    await first[9]
    print("sending", flush=True)
    rest = []
    for text in texts[half:]:
        rest.append(asyncio.ensure_future(ann.send(conversation, text)))
        await asyncio.sleep(options.seconds / len(texts))
    answers = await asyncio.wait_for(asyncio.gather(*first, *rest), 60)
    numbers = list(range(1, len(texts) + 1))
    check("numbers of the sends", numbers, [answer["seq"] for answer in answers])

    def held(client):
        rows = client.rows(conversation)
        return [row["body"]["content"].decode() for row in rows if row["body"]]

    await eventually(lambda: len(held(bob)) >= len(texts))
    check("texts that bob holds", texts, held(bob))
    last = len(texts)
    await eventually(lambda: ann.status(conversation, last, "bob") == "delivered")
    check("status of the last", "delivered", ann.status(conversation, last, "bob"))
    bob.seen(conversation, last)
    await eventually(lambda: ann.status(conversation, last, "bob") == "seen")
    check("status once seen", "seen", ann.status(conversation, last, "bob"))

    # A new device starts from the list, at what was delivered, and reads back by history.
    await late.connect()
    check("entries of the list", 1, len(await late.list()))
    page = await late.history(conversation, limit=10)
    check("history's newest", texts[-1], page["messages"][0]["body"]["content"].decode())
    check("errors", [], ann.errors + bob.errors + late.errors)
    over = True
    for client in (ann, bob, late):
        await client.close()
    await asyncio.gather(*tasks)
    print(f"{sum(checks)} of {len(checks)}")
    return 0 if all(checks) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--state", required=True)
    parser.add_argument("--tokens", required=True)
    parser.add_argument("--texts", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=2.0)
    sys.exit(asyncio.run(main(parser.parse_args())))
