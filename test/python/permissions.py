"""Tries every cell of the permission tables of docs/protocol.md against a server.

    python3 permissions.py --page docs/protocol.md --url ws://127.0.0.1:7070/v1 --state DIR \\
        --token-command 'colloquy token {user} --data DATA'

`--tokens FILE` takes a JSON object user -> token instead. `--phase before` builds everything twice
and tries it; `--phase after`, with the same state, tries the second half, after a restart of the
server. Prints `expected = got` for each cell and `N of N` at the end.
"""

import argparse
import asyncio
import json
import os
import shlex
import subprocess
import sys

try:
    from colloquy_client import Client, Failed, Refused
except ImportError as error:
    print(f"skipped: {error}; on Debian: apt-get install python3-msgpack python3-websockets")
    sys.exit(77)
from permission_fixtures import DIRECT_USERS, GROUP_USERS, PREFIX, Direct, Group, user

WITHIN_S = 20
# Rows that need a conversation with one owner only.
LAST = {"leave-last", "role-last"}
# Rows that change nothing even when they are allowed.
HARMLESS = {"delivered", "seen", "history", "pull", "info", "typing"}


def tables(page):
    """kind -> [(operation, column, expected)], from the markers of the page."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    found = {}
    for part in text.split("<!-- permissions:begin ")[1:]:
        kind, rest = part.split(" -->", 1)
        lines = rest.split("<!-- permissions:end -->")[0].strip().splitlines()
        rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        head = rows[0][1:]
        found[kind] = [
            (row[0], column, expected)
            for row in rows[2:]
            for column, expected in zip(head, row[1:])
            if expected != "-"
        ]
    return found


async def outcome(coroutine):
    try:
        await asyncio.wait_for(coroutine, WITHIN_S)
        return "ok"
    except (Refused, Failed) as error:
        return error.code
    except asyncio.TimeoutError:
        return "TIMEOUT"


async def hint(client, conversation, op, quiet):
    """An operation that only ever hears an error: asked behind it, in the same conversation."""
    client.errors.clear()
    client.say({"conversation": conversation, **op})
    await outcome(client.request("info", conversation=conversation))
    return client.errors[0]["code"] if client.errors else quiet


async def attempt(fixture, client, conversation, operation, column, numbers):
    """One cell: does it, and says what came of it."""
    head, beyond = numbers

    def write(command, /, **fields):
        return outcome(client.do(conversation, command, **fields))

    def ask(kind, /, **fields):
        return outcome(client.request(kind, conversation=conversation, **fields))

    action, _, which = operation.partition("-")
    seqs = {
        "own": lambda: fixture.own(column),
        "other": lambda: fixture.other(column),
        "unknown": lambda: beyond + 100,
        "gone": lambda: fixture.gone(column),
    }
    kind = fixture.facts["kind"]
    if action == "send":
        return await outcome(client.send(conversation, "x"))
    if action == "edit":
        return await outcome(client.edit(conversation, seqs[which](), "edited"))
    if action == "delete":
        return await write("delete", seq=seqs[which]())
    if action == "hide":
        return await write("hide", seq=seqs["other"]())
    if action == "react":
        return await write("react", seq=seqs[which or "other"](), emoji="+")
    if action == "create":
        made = "group" if kind == "direct" else kind
        return await write("create", kind=made, title="again", members=[])
    if action == "add":
        added = user("nobody") if which else user("outsider")
        return await write("add", users=[added])
    if action == "remove":
        gone = client.me if which == "self" else fixture.peer(which, column)
        return await write("remove", users=[gone])
    if action == "join":
        return await write("join", link="wrong" if which else fixture.facts["link"])
    if action == "role":
        whom, role = {
            "to-owner": ("member", "owner"),
            "to-admin": ("member", "admin"),
            "of-admin": ("admin", "member"),
            "of-owner": ("owner", "member"),
            "last": ("only", "member"),
            "stranger": (None, "admin"),
        }[which]
        named = user("outsider") if whom is None else fixture.peer(whom, column)
        return await write("role", user=named, role=role)
    if action == "describe":
        return await write("describe", title="described")
    if action == "link":
        return await write("link", on=which == "on")
    if action == "mute":
        return await write("mute", until=2_000_000_000_000)
    if action in ("leave", "block", "unblock"):
        return await write(action)
    if action in ("delivered", "seen"):
        seq = beyond if which else head
        return await hint(client, conversation, {"type": action, "seq": seq}, "ok")
    if action == "typing":
        return await hint(client, conversation, {"type": "typing", "on": True}, "silent")
    if action == "history":
        return await ask("history")
    if action == "pull":
        return await ask("pull", position=0)
    if action == "info":
        return await ask("info")
    if action == "receipts":
        return await ask("receipts", seq=seqs[which]())
    return f"no such row: {operation}"


def needs_its_own(operation, expected):
    changes = expected == "ok" and operation not in HARMLESS and "receipts" not in operation
    return changes or operation in LAST


class Run:
    def __init__(self, clients, state):
        self.clients = clients
        self.state = state
        self.failed = 0
        self.total = 0

    async def build(self, cells, phases):
        """All conversations of the phases; a few at a time."""
        jobs = []
        for kind in ("group", "channel"):
            names = [f"{operation}-{column}" for operation, column, expected in cells[kind]
                     if needs_its_own(operation, expected)]
            for phase in phases:
                for name in ["shared", *names]:
                    last = name.startswith(tuple(LAST))
                    jobs.append((f"{PREFIX}{kind}-{name}-{phase}", kind, last))
        for at in range(0, len(jobs), 40):
            built = [Group.build(self.clients, *job) for job in jobs[at : at + 40]]
            for group in await asyncio.gather(*built):
                self.state["groups"][group.facts["conversation"]] = group.facts
        direct = await Direct.build(self.clients)
        self.state["direct"] = direct.facts

    def fixture(self, kind, operation, column, expected, phase):
        if kind == "direct":
            direct = Direct(self.clients, self.state["direct"])
            return direct, direct.conversation(column)
        own = needs_its_own(operation, expected)
        name = f"{operation}-{column}" if own else "shared"
        conversation = f"{PREFIX}{kind}-{name}-{phase}"
        return Group(self.clients, self.state["groups"][conversation]), conversation

    async def cell(self, kind, operation, column, expected, phase):
        fixture, conversation = self.fixture(kind, operation, column, expected, phase)
        client = self.clients[fixture.asker(column)]
        if kind == "direct":
            head = await fixture.newest(column)
            numbers = head, head + 1
        else:
            numbers = fixture.head(column), fixture.beyond()
        got = await attempt(fixture, client, conversation, operation, column, numbers)
        await fixture.restore(operation, column)
        self.total += 1
        if got == expected:
            return f"{kind} {operation} {column}: {expected} = {got}"
        self.failed += 1
        return f"{kind} {operation} {column}: {expected} but {got}  FAILED"

    async def table(self, kind, rows, phase):
        """Each column is a person, and persons do not wait for each other; a pair of two does."""
        lanes = {}
        for at, (operation, column, expected) in enumerate(rows):
            lane = "pair" if column.startswith("block") else column
            lanes.setdefault(lane, []).append((at, operation, column, expected))
        lines = {}

        async def run(lane):
            for at, *cell in lane:
                lines[at] = await self.cell(kind, *cell, phase)

        await asyncio.gather(*map(run, lanes.values()))
        for at in sorted(lines):
            print(lines[at])


def tokens_of(options):
    names = [user(name) for name in [*GROUP_USERS, *DIRECT_USERS]]
    if options.tokens is not None:
        with open(options.tokens, encoding="utf-8") as file:
            return json.load(file)
    tokens = {}
    for name in names:
        command = shlex.split(options.token_command.replace("{user}", name))
        minted = subprocess.run(command, check=True, capture_output=True, text=True)
        tokens[name] = minted.stdout.strip()
    return tokens


async def main(options):
    tokens = tokens_of(options)
    os.makedirs(options.state, exist_ok=True)
    clients = {}
    for name in [*GROUP_USERS, *DIRECT_USERS]:
        path = os.path.join(options.state, f"{name}.db")
        clients[name] = Client(options.url, tokens[user(name)], path, confirms=False, durable=False)
        await clients[name].connect()
    file = os.path.join(options.state, "fixtures.json")
    cells = tables(options.page)
    run = Run(clients, {"groups": {}, "direct": None})
    if options.phase == "after":
        with open(file, encoding="utf-8") as kept:
            run.state = json.load(kept)
    else:
        await run.build(cells, ["before", "after"] if options.phase == "before" else ["before"])
    phase = "after" if options.phase == "after" else "before"
    for kind, rows in cells.items():
        chosen = [row for row in rows if options.only in f"{kind} {row[0]} {row[1]}"]
        await run.table(kind, chosen, phase)
    with open(file, "w", encoding="utf-8") as kept:
        json.dump(run.state, kept)
    for client in clients.values():
        await client.close()
        client.store.close()
    print(f"{run.total - run.failed} of {run.total}")
    return 1 if run.failed else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--page", required=True)
    parser.add_argument("--url", required=True)
    parser.add_argument("--state", required=True)
    parser.add_argument("--tokens")
    parser.add_argument("--token-command")
    parser.add_argument("--phase", choices=["once", "before", "after"], default="once")
    parser.add_argument("--only", default="", help="cells whose name holds this")
    sys.exit(asyncio.run(main(parser.parse_args())))
