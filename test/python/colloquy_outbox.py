"""Writes and their outbox: section 5 of docs/protocol.md. Numbers and bytes stand in the
store; here is what is in flight on one connection, and who waits for an outcome over all of them.
"""

import asyncio

import colloquy_codec as codec
import msgpack
from colloquy_sync import Failed

# [P-5.5] After these the outcome of a write is open: the same is sent again.
RETRYABLE = {
    "DRAINING", "SLOW_READER", "HANDSHAKE_TIMEOUT", "TOO_MANY_CONNECTIONS", "TAKEOVER_LIMIT",
    "PING_TIMEOUT", "RATE_LIMITED", "AUTH_EXPIRED", "REDIRECT", "INTERNAL", "SEND_GAP",
    "SEND_WINDOW", "JOURNAL_IO", "OVERLOADED", "UNAVAILABLE",
}
MOVE = {"SEND_CONFLICT", "SEND_STALE", "SESSION_STALE"}


class Refused(Exception):
    """A write that will not be done."""

    def __init__(self, op):
        super().__init__(f"{op['code']} {op['detail']}".strip())
        self.code = op["code"]
        self.op = op


class Outbox:
    def __init__(self, store, port):
        self.store = store
        self.port = port
        self.outcomes = {}
        self.flights = {}

    def start(self):
        """A new connection: nothing is in flight."""
        self.flights = {}

    def flying(self):
        return any(flight["flying"] for flight in self.flights.values())

    def queue(self, conversation, command):
        """Numbered and stored; the future gets the answer, or Refused."""
        name = conversation or ""
        n = self.store.enqueue(name, codec.encode_command(command))
        self.store.commit()
        outcome = asyncio.get_running_loop().create_future()
        self.outcomes[(self.store.identity["outbox"], name, n)] = outcome
        self.pump(name)
        return outcome

    def pump_all(self):
        for name in self.store.streams():
            self.pump(name)

    def pump(self, name):
        """Sends what the window allows; nothing while a round of going back is not over."""
        if not self.port.level:
            return
        stream = self.store.stream(name)
        flight = self.flights.setdefault(name, {"next": 1, "flying": set(), "back": False})
        if flight["back"]:
            if flight["flying"]:
                return
            flight["back"] = False
            flight["next"] = stream["answered"] + 1
        flight["next"] = max(flight["next"], stream["answered"] + 1)
        window = self.port.welcome["limits"]["window"]
        for one in stream["queue"]:
            n = one["n"]
            if n < flight["next"] or one["done"]:
                continue
            if n > stream["answered"] + window:
                break
            flight["next"] = n + 1
            flight["flying"].add(n)
            said = codec.encode_write(name or None, n, stream["answered"], one["command"])
            self.port.write_bytes(said)

    def settled(self, op, error):
        name, n = op["conversation"] or "", op["n"]
        self.store.settle(name, n)
        outcome = self.outcomes.pop((self.store.identity["outbox"], name, n), None)
        if outcome is not None and not outcome.done():
            if error is None:
                outcome.set_result(op)
            else:
                outcome.set_exception(error)
        if name in self.flights:
            self.flights[name]["flying"].discard(n)
        self.pump(name)

    def answered(self, op):
        self.settled(op, None)

    def refused(self, op):
        """True: the connection is of no more use, and the next one has another outbox."""
        name = op["conversation"] or ""
        if op["code"] in MOVE:
            self.move(device=False)
            return True
        if op["code"] not in RETRYABLE:
            self.settled(op, Refused(op))
        elif name in self.flights:
            self.flights[name]["back"] = True
            self.flights[name]["flying"].discard(op["n"])
            delay = 0 if op["code"] == "SEND_GAP" else 0.05
            asyncio.get_running_loop().call_later(delay, self.pump, name)
        return False

    def move(self, device):
        """[P-5.9] Another outbox: what is unanswered waits until we know what was done of it."""
        identity = self.store.identity
        moving = self.store.kept.get("moving", [])
        for name in self.store.streams():
            for one in self.store.stream(name)["queue"]:
                if not one["done"]:
                    moving.append({"outbox": identity["outbox"], "name": name, **one})
            self.store.drop(f"stream:{name}")
        self.store.put("moving", moving)
        self.store.become_new(device)
        self.store.commit()

    async def moved(self):
        """Once level: those found in history are done, the rest gets new numbers in order."""
        moving = self.store.kept.get("moving", [])
        rows = [await self.find_row(one) for one in moving]
        for at, one in enumerate(moving):
            name = one["name"]
            outcome = self.outcomes.pop((one["outbox"], name, one["n"]), None)
            waits = outcome is not None and not outcome.done()
            if rows[at] is not None:
                if waits:
                    outcome.set_result({"type": "answer", "conversation": name, **rows[at]})
            elif send_id(one) and any(
                row and other["name"] == name for row, other in zip(rows[at:], moving[at:])
            ):
                # One behind it was decided, so it had its outcome, and it was no.
                if waits:
                    outcome.set_exception(Refused({"code": "SEND_STALE", "detail": "not found"}))
            else:
                n = self.store.enqueue(name, one["command"])
                if outcome is not None:
                    self.outcomes[(self.store.identity["outbox"], name, n)] = outcome
        self.store.drop("moving")
        self.store.commit()

    async def find_row(self, one):
        wanted = send_id(one)
        before = None
        for _ in range(10 if one["name"] and wanted else 0):
            try:
                page = await self.port.request("history", conversation=one["name"], before=before)
            except Failed:
                return None
            for row in page["messages"]:
                if (row["body"]["id"] if row["body"] else row["id"]) == wanted:
                    return row
            if not page["more"] or not page["messages"]:
                return None
            before = min(row["seq"] for row in page["messages"])
        return None


def send_id(one):
    """The random id of a send; None for other writes."""
    fields = msgpack.unpackb(one["command"])
    return fields[1] if fields[0] == 1 else None
