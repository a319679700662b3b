"""A client of colloquy.v1, written from docs/protocol.md alone: an asyncio class for tests.

    client = Client("ws://127.0.0.1:7070/v1", token, "ann.db")
    await client.connect()
    bob = await client.open("bob")
    answer = await client.send(bob, "hi")

Needs websockets 10 and msgpack 1.0 (Debian: python3-websockets, python3-msgpack).
"""

import asyncio
import secrets

import colloquy_codec as codec
import websockets
from colloquy_outbox import Outbox, Refused  # noqa: F401 (Refused is for users)
from colloquy_store import Store
from colloquy_sync import Failed, Sync

PUSHES = {"message", "skip", "status", "changed"}


class Client:
    def __init__(self, url, token, path=":memory:", confirms=True, durable=True):
        self.url = url
        self.token = token
        self.name = "colloquy-python/1"
        self.confirms = confirms
        self.store = Store(path, durable)
        self.me = ""
        self.welcome = None
        self.closed = asyncio.Event()
        self.closed.set()
        self.close_code = None
        self.goodbye = None
        self.draining = None
        # Everything the server says, in order; and errors that belong to no request.
        self.events = asyncio.Queue()
        self.errors = []
        self.waiting = {}
        self.outbox = Outbox(self.store, self)
        # Whether writes may go: after marks and moves are dealt with.
        self.level = False

    # The connection.

    async def connect(self):
        """[P-4.2] to [P-4.7]. Resolves when the device is level; raises Failed with the goodbye."""
        identity = self.store.identity
        self.socket = await websockets.connect(
            self.url,
            subprotocols=["colloquy.v1"],
            max_size=2**20,
            compression=None,
            close_timeout=2,
        )
        self.goodbye = self.close_code = self.welcome = self.draining = None
        self.closed.clear()
        self.requests = 0
        self.waiting = {}
        self.outbox.start()
        self.out = []
        self.sync = Sync(self.store, self)
        self.welcomed = asyncio.get_running_loop().create_future()
        self.reader = asyncio.ensure_future(self.read())
        hello = {name: identity[name] for name in ("device", "accepted", "offered", "outbox")}
        self.say({"type": "hello", "version": 1, "token": self.token, "client": self.name, **hello})
        self.welcome = await self.welcomed
        if identity["epoch"] not in (None, self.welcome["epoch"]):
            self.store.forget_views()
            self.store.update_identity(listed=False)
        self.store.update_identity(
            accepted=self.welcome["current"],
            offered=self.welcome["generation"],
            epoch=self.welcome["epoch"],
        )
        self.store.commit()
        self.say({"type": "ready", "generation": self.welcome["generation"]})
        await self.sync.start(self.welcome["fresh"])
        # The marks come before the answer to anything asked now, or at once after it.
        await self.ping()
        await self.sync.level()
        await self.outbox.moved()
        self.level = True
        self.outbox.pump_all()
        return self.welcome

    async def read(self):
        try:
            async for frame in self.socket:
                ops = codec.decode(frame)
                for op in ops:
                    self.handle(op)
                # Stored first, confirmed after.
                self.store.commit()
                for conversation in {op["conversation"] for op in ops if op["type"] in PUSHES}:
                    self.sync.confirm(conversation)
                # [P-14.4] Nothing of one's own is unanswered: the connection has no more use.
                if self.draining and not self.waiting and not self.outbox.flying():
                    await self.socket.close()
        except websockets.ConnectionClosed:
            pass
        except (codec.Malformed, TypeError):
            # No operations: whatever follows cannot be trusted either.
            await self.socket.close()
        finally:
            self.close_code = self.socket.close_code
            self.ended()

    def ended(self):
        error = Failed(self.goodbye["code"] if self.goodbye else "CLOSED", str(self.close_code))
        for future in [*self.waiting.values(), self.welcomed]:
            if not future.done():
                future.set_exception(error)
                future.exception()
        self.waiting = {}
        self.level = False
        self.closed.set()

    async def close(self):
        """The writes that wait stay in the store."""
        await self.socket.close()
        await self.reader

    async def drop(self):
        """Goes without a word, as when a cable is pulled."""
        self.socket.transport.abort()
        await self.reader

    def say(self, op):
        if not self.draining:
            self.write_bytes(codec.encode(op))

    def write_bytes(self, data):
        """[P-2.1] What is said in one turn goes in one message."""
        if not self.out:
            asyncio.get_running_loop().call_soon(self.flush)
        self.out.append(data)

    def flush(self):
        while self.out:
            batch, self.out = self.out[:512], self.out[512:]
            asyncio.ensure_future(self.deliver(b"".join(batch)))

    async def deliver(self, data):
        try:
            await self.socket.send(data)
        except websockets.ConnectionClosed:
            pass

    def failed(self, error):
        self.errors.append({"type": "error", "request": None, "code": error.code, "detail": ""})

    # What the server says.

    def handle(self, op):
        kind = op["type"]
        if kind in PUSHES:
            self.sync.push(op)
        elif kind == "answer":
            if op["conversation"] is not None:
                self.own_change(op)
            self.outbox.answered(op)
        elif kind == "refused":
            if self.outbox.refused(op):
                asyncio.ensure_future(self.socket.close())
        elif kind in ("result", "error") and op["request"] is not None:
            self.replied(op)
        elif kind == "error":
            self.errors.append(op)
        elif kind == "marks":
            self.sync.marks(op)
        elif kind == "welcome":
            self.me = op["user"]
            self.welcomed.set_result(op)
        elif kind == "goodbye":
            self.goodbye = op
        elif kind == "drain":
            self.draining = op
            self.level = False
        self.events.put_nowait(op)

    def replied(self, op):
        future = self.waiting.pop(op["request"], None)
        if future is None or future.done():
            return
        if op["type"] == "result":
            future.set_result(op["result"])
        else:
            future.set_exception(Failed(op["code"], op["detail"]))

    async def request(self, kind, /, **fields):
        if self.closed.is_set() or self.draining:
            raise Failed("CLOSED")
        self.requests += 1
        future = asyncio.get_running_loop().create_future()
        self.waiting[self.requests] = future
        self.say({"type": kind, "request": self.requests, **fields})
        return await future

    def own_change(self, op):
        """[P-5.10] No push tells of one's own write; a pull does, which is lawful and simple."""
        conversation = op["conversation"]
        if op["position"] > self.store.view(conversation)["position"]:
            self.sync.pull_soon(conversation)

    async def write(self, conversation, command):
        """Queues a write durably and waits for its final outcome; raises Refused."""
        return await self.outbox.queue(conversation, command)

    async def keep_connected(self, until):
        """[P-14.3] Reconnects until `until()`; takes a new device where the code asks for it."""
        failures = 0
        while not until():
            try:
                await self.connect()
                failures = 0
                await self.closed.wait()
            except (Failed, OSError, websockets.WebSocketException):
                failures += 1
            code = self.goodbye["code"] if self.goodbye else None
            if code == "DEVICE_FORKED" or self.close_code == 4504:
                self.store.become_new(outbox=False)
                self.store.commit()
            elif code == "DEVICE_FORGOTTEN" or self.close_code == 4505:
                self.outbox.move(device=True)
            elif self.close_code is not None and 4500 <= self.close_code < 5000:
                raise Failed(code or "CLOSED", str(self.close_code))
            told = [op["retryAfterMs"] / 1000 for op in (self.goodbye, self.draining) if op]
            if self.draining and self.draining["url"]:
                self.url = self.draining["url"].removesuffix("/v1") + "/v1"
            cap = min(30, 0.5 * 2**failures)
            await asyncio.sleep(max(told, default=0) + cap * secrets.randbelow(1000) / 1000)

    # Operations by name.

    async def send(self, conversation, content, **fields):
        body = content.encode() if isinstance(content, str) else content
        command = {
            "type": "send",
            "id": secrets.token_bytes(8),
            "contentType": "text/plain",
            "content": body,
            **fields,
        }
        return await self.write(conversation, command)

    async def edit(self, conversation, seq, content):
        body = {"id": secrets.token_bytes(8), "contentType": "text/plain"}
        command = {"type": "edit", "seq": seq, "content": content.encode(), **body}
        return await self.write(conversation, command)

    async def do(self, conversation, command, /, **fields):
        """Any other command by its name."""
        return await self.write(conversation, {"type": command, **fields})

    async def open(self, user):
        return (await self.request("open", user=user))["conversation"]

    async def ping(self):
        return (await self.request("ping"))["now"]

    async def history(self, conversation, before=None, limit=None):
        return await self.request("history", conversation=conversation, before=before, limit=limit)

    async def list(self):
        entries, cursor = [], None
        while True:
            page = await self.request("list", cursor=cursor)
            entries += page["entries"]
            cursor = page["cursor"]
            if cursor is None:
                return entries

    def seen(self, conversation, seq):
        self.say({"type": "seen", "conversation": conversation, "seq": seq})

    def delivered(self, conversation, seq):
        self.say({"type": "delivered", "conversation": conversation, "seq": seq})

    def rows(self, conversation):
        rows = self.store.view(conversation)["rows"]
        return [rows[seq] for seq in sorted(rows, key=int)]

    def status(self, conversation, seq, reader):
        """[P-7.3] Of one's own message, as far as one reader goes."""
        mark = self.store.view(conversation)["watermarks"].get(reader, {})
        if min(mark.get("seen", 0), mark.get("delivered", 0)) >= seq:
            return "seen"
        return "delivered" if mark.get("delivered", 0) >= seq else "sent"
