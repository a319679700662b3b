"""Conversations in which every cell of the permission tables can be tried: who is who, which
message is whose. Only what docs/protocol.md [P-12.4] asks for.
"""

import asyncio

GROUP_USERS = ["owner", "owner2", "admin", "admin2", "member", "member2", "removed", "outsider"]
DIRECT_USERS = ["ann", "bob", "cy", "dan"]
PREFIX = "perm-"
# Messages that each of a pair has sent before any block; a cell takes one or two.
POOL = 40


def user(name):
    return PREFIX + name


class Group:
    """A group or a channel with everybody in place. Plain data in `facts`, kept over a restart."""

    def __init__(self, clients, facts):
        self.clients = clients
        self.facts = facts

    @classmethod
    async def build(cls, clients, conversation, kind, last):
        """`last`: only one owner is left."""
        owner = clients["owner"]
        members = [user(name) for name in GROUP_USERS if name not in ("owner", "outsider")]
        await owner.do(conversation, "create", kind=kind, title=kind, members=members)
        facts = {"conversation": conversation, "kind": kind, "own": {}, "gone": {}}
        group = cls(clients, facts)
        roles = {"owner2": "owner", "admin": "admin", "admin2": "admin"}
        if kind == "channel":
            roles.update(member="admin", removed="admin")
        for name, role in roles.items():
            await group.role(name, role)
        for name in GROUP_USERS:
            if name == "outsider" or (kind == "channel" and name == "member2"):
                continue
            facts["own"][name] = (await clients[name].send(conversation, f"of {name}"))["seq"]
            gone = (await clients[name].send(conversation, f"gone of {name}"))["seq"]
            facts["gone"][name] = gone
            await clients[name].do(conversation, "delete", seq=gone)
        if kind == "channel":
            await group.role("member", "member")
        facts["link"] = (await owner.do(conversation, "link", on=True))["text"]
        facts["cut"] = max(facts["gone"].values())
        await owner.do(conversation, "remove", users=[user("removed")])
        facts["head"] = (await owner.send(conversation, "after"))["seq"]
        if last:
            await group.role("owner2", "member")
        return group

    async def role(self, name, role):
        client = self.clients["owner"]
        await client.do(self.facts["conversation"], "role", user=user(name), role=role)

    def asker(self, column):
        return column

    def own(self, column):
        return self.facts["own"].get(column, 1)

    def gone(self, column):
        return self.facts["gone"].get(column, self.facts["gone"]["owner"])

    def other(self, column):
        """A living message of somebody else: an owner's, who is not the asker."""
        return self.facts["own"]["owner2"]

    def head(self, column):
        return self.facts["cut"] if column == "removed" else self.facts["head"]

    def beyond(self):
        return self.facts["head"] + 1

    target = {"member": "member2", "admin": "admin2", "owner": "owner2", "only": "owner"}

    def peer(self, role, column):
        return user(self.target[role])

    async def restore(self, operation, column):
        """Each cell that changes something has a group to itself."""


class Direct:
    """Two pairs: ann and bob; cy, whom dan has blocked."""

    columns = {"member": "ann", "outsider": "outsider", "blocked": "cy", "blocker": "dan"}
    others = {"ann": "bob", "cy": "dan", "dan": "cy", "outsider": "bob"}

    def __init__(self, clients, facts):
        self.clients = clients
        self.facts = facts

    @classmethod
    async def build(cls, clients):
        facts = {"kind": "direct", "pool": {}, "gone": {}, "pairs": {}}
        for one, two in (("ann", "bob"), ("cy", "dan")):
            conversation = await clients[one].open(user(two))
            for name in (one, two):
                sends = [clients[name].send(conversation, f"{name} {i}") for i in range(POOL)]
                seqs = [answer["seq"] for answer in await asyncio.gather(*sends)]
                facts["gone"][name], *facts["pool"][name] = seqs
                await clients[name].do(conversation, "delete", seq=seqs[0])
                facts["pairs"][name] = conversation
        await clients["dan"].do(conversation, "block")
        return cls(clients, facts)

    def asker(self, column):
        return self.columns[column]

    def conversation(self, column):
        return self.facts["pairs"].get(self.asker(column), self.facts["pairs"]["ann"])

    def take(self, name):
        return self.facts["pool"][name].pop()

    def own(self, column):
        return self.take(self.asker(column))

    def gone(self, column):
        return self.facts["gone"].get(self.asker(column), 1)

    def other(self, column):
        return self.take(self.others[self.asker(column)])

    async def newest(self, column):
        client = self.clients["bob" if column == "outsider" else self.asker(column)]
        page = await client.history(self.conversation(column), limit=1)
        return page["messages"][0]["seq"]

    def peer(self, role, column):
        return user(self.others[self.asker(column)])

    async def restore(self, operation, column):
        conversation = self.conversation(column)
        client = self.clients[self.asker(column)]
        if operation == "block" and column in ("member", "blocked"):
            await client.do(conversation, "unblock")
        if operation == "unblock" and column == "blocker":
            await client.do(conversation, "block")
