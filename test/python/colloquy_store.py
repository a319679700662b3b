"""What a device keeps [P-4.1]: identity, queues of writes, conversations. One SQLite file, one
transaction for each message of the server, so that data and position move together [P-6.1]."""

import json
import secrets
import sqlite3


def _default(value):
    return {"bytes": value.hex()}


def _hook(value):
    return bytes.fromhex(value["bytes"]) if set(value) == {"bytes"} else value


class Store:
    def __init__(self, path=":memory:", durable=True):
        """Not `durable`: written at `close` only, for programs that do not fear for their data."""
        self.durable = durable
        self.db = sqlite3.connect(path, isolation_level=None)
        self.db.execute("pragma journal_mode=wal")
        self.db.execute("pragma synchronous=full")
        self.db.execute("create table if not exists kept (key text primary key, value text)")
        rows = self.db.execute("select key, value from kept").fetchall()
        self.kept = {key: json.loads(value, object_hook=_hook) for key, value in rows}
        self.touched = set()
        if "identity" not in self.kept:
            self.become_new()
            self.commit()

    def become_new(self, device=True, outbox=True):
        """A device of its own, another outbox, or both."""
        before = self.kept.get("identity", {})
        self.put("identity", {
            "device": f"py-{secrets.token_hex(8)}" if device else before["device"],
            "outbox": secrets.token_hex(16) if outbox else before["outbox"],
            "accepted": 0 if device else before["accepted"],
            "offered": 0 if device else before["offered"],
            "epoch": before.get("epoch"),
            "listed": False if device else before["listed"],
        })

    def put(self, key, value):
        self.kept[key] = value
        self.touched.add(key)

    def drop(self, key):
        self.kept.pop(key, None)
        self.touched.add(key)

    def commit(self, at_last=False):
        if not self.touched or not (self.durable or at_last):
            return
        self.db.execute("begin")
        for key in self.touched:
            if key in self.kept:
                value = json.dumps(self.kept[key], default=_default)
                self.db.execute("insert or replace into kept values (?, ?)", (key, value))
            else:
                self.db.execute("delete from kept where key = ?", (key,))
        self.db.execute("commit")
        self.touched.clear()

    def close(self):
        self.commit(at_last=True)
        self.db.close()

    @property
    def identity(self):
        return self.kept["identity"]

    def update_identity(self, **fields):
        self.put("identity", {**self.identity, **fields})

    # Queues of writes, one for each conversation ("" for the user's own entity).

    def streams(self):
        return [key[7:] for key in self.kept if key.startswith("stream:")]

    def stream(self, name):
        return self.kept.get(f"stream:{name}") or {"next": 1, "answered": 0, "queue": []}

    def enqueue(self, name, command):
        """[P-5.2] The number is given durably, and never again."""
        stream = self.stream(name)
        n = stream["next"]
        stream["next"] += 1
        stream["queue"].append({"n": n, "command": command, "done": False})
        self.put(f"stream:{name}", stream)
        return n

    def settle(self, name, n):
        """[P-5.3] `answered` passes over every number in front that is final. False: it was."""
        stream = self.stream(name)
        waiting = [one for one in stream["queue"] if one["n"] == n and not one["done"]]
        for one in waiting:
            one["done"] = True
        while stream["queue"] and stream["queue"][0]["done"]:
            stream["answered"] = stream["queue"].pop(0)["n"]
        self.put(f"stream:{name}", stream)
        return bool(waiting)

    # Conversations.

    def conversations(self):
        return [key[5:] for key in self.kept if key.startswith("view:")]

    def view(self, conversation):
        return self.kept.get(f"view:{conversation}") or new_view()

    def put_view(self, conversation, view):
        self.put(f"view:{conversation}", view)

    def forget_views(self):
        for conversation in self.conversations():
            self.drop(f"view:{conversation}")


def new_view(position=0, held=0):
    return {
        "position": position,
        "held": held,
        "top": held,
        "foreign": 0,
        "reset": False,
        "rows": {},
        "watermarks": {},
        "changes": [],
    }
