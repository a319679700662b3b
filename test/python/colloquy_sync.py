"""Positions, rows, marks and the list: section 6 of docs/protocol.md for one connection.

Everything is stored before it is confirmed. `port` gives `request`, `say` and `me`.
"""

import asyncio

from colloquy_store import new_view

KEPT_MAX = 1000


class Failed(Exception):
    """A request that was answered by an error, or by the end of the connection."""

    def __init__(self, code, detail=""):
        super().__init__(f"{code} {detail}".strip())
        self.code = code
        self.detail = detail


class Sync:
    def __init__(self, store, port):
        self.store = store
        self.port = port
        self.kept = {}
        self.pulling = {}
        # [P-6.7] Marked positions of what is being pulled.
        self.wanted = {}
        # [P-6.5] Positions as this generation began, of what has moved since.
        self.began = {}
        self.said = {}

    async def start(self, fresh):
        reset = any(self.store.view(one)["reset"] for one in self.store.conversations())
        if fresh or not self.store.identity["listed"] or reset:
            await self.read_list()
        for conversation in self.store.conversations():
            self.confirm(conversation)
            # [P-6.8] A former connection was cut off before it had pulled what the list knew of.
            view = self.store.view(conversation)
            entry = view.get("entry")
            if entry and view["position"] < entry["position"]:
                self.pull_soon(conversation)

    async def read_list(self):
        """[P-6.8]"""
        cursor = None
        entries = []
        while True:
            page = await self.port.request("list", cursor=cursor)
            for entry in page["entries"]:
                self.accept(entry)
                entries.append(entry)
            self.store.commit()
            cursor = page["cursor"]
            if cursor is None:
                break
        self.store.update_identity(listed=True)
        self.store.commit()
        self.port.say({"type": "listed"})
        return entries

    def accept(self, entry):
        conversation = entry["conversation"]
        view = self.store.kept.get(f"view:{conversation}")
        if view is None or view["reset"]:
            self.began.setdefault(conversation, 0)
            view = new_view(entry["start"], entry["delivered"])
            mark = {"user": self.port.me, "delivered": entry["delivered"], "deliveredAt": 0}
            view["watermarks"][self.port.me] = {**mark, "seen": entry["seen"], "seenAt": 0}
        view["entry"] = entry
        self.store.put_view(conversation, view)
        if view["position"] < entry["position"]:
            self.pull_soon(conversation)

    def marks(self, op):
        """[P-6.5]"""
        held = []
        for mark in op["marks"]:
            conversation = mark["conversation"]
            position = self.store.view(conversation)["position"]
            held.append({**mark, "position": self.began.get(conversation, position)})
            if position < mark["position"]:
                self.wanted[conversation] = mark["position"]
                self.pull_soon(conversation)
        for at in range(0, len(held), 1000):
            self.port.say({"type": "held", "held": held[at : at + 1000]})

    def push(self, op):
        """[P-6.3] True: applied, or known already."""
        conversation = op["conversation"]
        own = self.store.view(conversation)["position"]
        position = op["message"]["position"] if op["type"] == "message" else op["position"]
        if position < own or (position == own and op["type"] != "status"):
            return True
        if op["from"] > own or conversation in self.pulling:
            kept = self.kept.setdefault(conversation, [])
            if len(kept) < KEPT_MAX:
                kept.append(op)
            self.pull_soon(conversation)
            return False
        self.apply(conversation, [item_of(op)], position, True)
        return True

    def apply(self, conversation, items, position, whole):
        view = self.store.view(conversation)
        self.began.setdefault(conversation, view["position"])
        for item in items:
            self.apply_item(view, item)
        view["position"] = max(view["position"], position)
        if whole:
            view["held"] = max(view["held"], view["top"])
        self.store.put_view(conversation, view)

    def apply_item(self, view, item):
        kind = item["type"]
        if kind == "message":
            self.put_row(view, item["message"])
        elif kind == "status":
            for mark in item["watermarks"]:
                put_watermark(view, mark)
        elif kind == "change":
            change = item["change"]
            view["changes"].append({"position": item["position"], **change})
            if change["type"] == "row":
                self.put_row(view, change["message"])
            elif change["type"] in ("reacted", "hidden"):
                self.change_row(view, change, item["position"])

    def put_row(self, view, row):
        """[P-6.4] Never an older one over a newer."""
        seq = row["seq"]
        before = view["rows"].get(str(seq))
        if before is None or before["changed"] <= row["changed"]:
            view["rows"][str(seq)] = row
        if seq == view["held"] + 1:
            view["held"] = seq
        view["top"] = max(view["top"], seq)
        if row["state"] != "skip" and row["sender"] != self.port.me:
            view["foreign"] = max(view["foreign"], seq)

    def change_row(self, view, change, position):
        row = view["rows"].get(str(change["seq"]))
        if row is None or row["changed"] > position:
            return
        row = {**row, "changed": position}
        if change["type"] == "hidden":
            own = row["body"]["id"] if row["body"] and row["sender"] == self.port.me else row["id"]
            row.update(state="skip", body=None, reactions=[], id=own)
        else:
            user, emoji = change["user"], change["emoji"]
            row["reactions"] = [one for one in row["reactions"] if one["user"] != user]
            if emoji is not None:
                row["reactions"].append({"user": user, "emoji": emoji})
        view["rows"][str(change["seq"])] = row

    def pull_soon(self, conversation):
        if conversation not in self.pulling:
            self.pulling[conversation] = asyncio.ensure_future(self.pull(conversation))

    async def level(self):
        """Waits until nothing is being pulled."""
        while self.pulling:
            await asyncio.gather(*self.pulling.values())

    async def pull(self, conversation):
        failed = False
        try:
            await self.pull_pages(conversation)
        except Failed as error:
            if error.code == "RESET":
                await self.reset(conversation)
                return
            failed = True
            if error.code not in ("CONVERSATION_UNKNOWN", "CLOSED"):
                self.port.failed(error)
        self.pulling.pop(conversation, None)
        if self.store.view(conversation)["position"] < self.wanted.pop(conversation, 0) and not failed:
            self.pull_soon(conversation)
        for op in self.kept.pop(conversation, []):
            self.push(op)
        self.store.commit()
        self.confirm(conversation)

    async def pull_pages(self, conversation):
        """[P-6.6]"""
        until = None
        view = self.store.view(conversation)
        position, fresh = view["position"], not view["rows"]
        while True:
            page = await self.port.request(
                "pull", conversation=conversation, position=position, until=until, fresh=fresh
            )
            position, until = page["position"], page["until"]
            self.apply(conversation, page["items"], position, page["done"])
            self.store.commit()
            if page["done"]:
                return

    async def reset(self, conversation):
        """[P-6.9]"""
        self.pulling.pop(conversation, None)
        self.store.put_view(conversation, {**new_view(), "reset": True})
        self.kept.pop(conversation, None)
        self.store.commit()
        await self.read_list()

    def confirm(self, conversation):
        """[P-7.1] Says what is stored, once."""
        view = self.store.view(conversation)
        if not self.port.confirms or view["reset"] or conversation in self.pulling:
            return
        known = view["watermarks"].get(self.port.me, {}).get("delivered", 0)
        known = max(known, self.said.get(conversation, 0))
        if view["foreign"] > known and view["held"] > known:
            self.said[conversation] = view["held"]
            self.port.say({"type": "delivered", "conversation": conversation, "seq": view["held"]})


def put_watermark(view, mark):
    before = view["watermarks"].get(mark["user"])
    if before is not None:
        later = mark["delivered"] >= before["delivered"], mark["seen"] >= before["seen"]
        one, two = (mark if later[0] else before), (mark if later[1] else before)
        mark = {
            **mark,
            **{name: one[name] for name in ("delivered", "deliveredAt")},
            **{name: two[name] for name in ("seen", "seenAt")},
        }
    view["watermarks"][mark["user"]] = mark


def item_of(op):
    """A push is one item of a pull."""
    if op["type"] == "message":
        return {"type": "message", "message": op["message"]}
    if op["type"] == "status":
        return {"type": "status", "watermarks": op["watermarks"]}
    if op["type"] == "changed":
        return {"type": "change", "position": op["position"], "change": op["change"]}
    row = {"seq": op["seq"], "position": op["position"], "changed": op["position"], "at": 0}
    return {"type": "message", "message": skip_row(row)}


def skip_row(row):
    empty = dict.fromkeys(("body", "editedAt", "expiresAt", "clientTime", "frozen", "outbox", "n", "id"))
    return {**row, "sender": "", "state": "skip", **empty, "reactions": []}
