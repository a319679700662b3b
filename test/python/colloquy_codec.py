"""The bytes of colloquy.v1, written from docs/protocol.md alone (sections 2, 9, 10 and 11).

Operations are dictionaries with the names of the page and "type"; bin is bytes, the outbox 32 hex
digits. Needs msgpack (Debian: python3-msgpack). Knows nothing of connections.
"""

import msgpack

SETS = {
    "kind": ["direct", "group", "channel"],
    "role": ["member", "admin", "owner", "removed"],
    "state": ["live", "deleted", "expired", "skip"],
    "status": ["sent", "delivered", "seen"],
    "visibility": ["everyone", "contacts", "nobody"],
    "presence": ["offline", "away", "online"],
    "ack": ["memory", "os", "fsync", "replicated+fsync"],
}

# A field is "name:type"; "name?:type" may be nil; "name*:type" is a list that is nil when empty.
# "name=:type" a text that is nil when empty, "name~:type" a bool that is nil when false. A type in
# brackets is a list.
BODY = "id:bytes contentType:text content:bytes replyTo?:uint mentions*:[text] media*:[media]"

RECORDS = {
    "media": "hash:bytes size:uint contentType:text name:text ticket:bytes",
    "body": BODY,
    "message": "seq:uint position:uint changed:uint at:uint sender:text state:state body?:body "
    "editedAt?:uint expiresAt?:uint clientTime?:uint frozen?:status outbox?:hex16 n?:uint "
    "reactions*:[reaction] id?:bytes",
    "reaction": "user:text emoji:text",
    "watermark": "user:text delivered:uint deliveredAt:uint seen:uint seenAt:uint",
    "member": "user:text role:role",
    "mark": "conversation:text position:uint",
    "entry": "conversation:text kind:kind title:text picture:text role:role mutedUntil:uint "
    "head:uint position:uint start:uint delivered:uint seen:uint unread:uint last?:message",
    "profile": "user:text name:text picture:text",
    "shown": "user:text state:presence lastSeen?:uint",
    "limits": "frameBytes:uint contentBytes:uint window:uint pageItems:uint pulseMs:uint",
}

VARIANTS = {
    "command": {
        1: "send " + BODY + " ttlMs?:uint clientTime?:uint seenUpTo?:uint",
        2: "edit seq:uint " + BODY,
        3: "delete seq:uint",
        4: "hide seq:uint",
        5: "react seq:uint emoji?:text",
        6: "create kind:kind title:text members*:[text]",
        7: "add users:[text]",
        8: "remove users:[text]",
        9: "leave",
        10: "join link:text",
        11: "role user:text role:role",
        12: "describe title?:text picture?:text description?:text",
        13: "link on:bool",
        14: "mute until:uint",
        15: "block",
        16: "unblock",
        17: "profile name:text picture:text",
        18: "privacy presence:visibility",
    },
    "change": {
        1: "created kind:kind title:text",
        2: "row message:message",
        3: "hidden seq:uint",
        4: "reacted seq:uint user:text emoji?:text",
        5: "added users:[text] by:text",
        6: "removed users:[text] by:text",
        7: "role user:text role:role",
        8: "described title?:text picture?:text description?:text",
        9: "link link?:text",
        10: "muted until:uint",
        11: "blocked by:text on:bool",
    },
    "item": {
        1: "message message:message",
        2: "change position:uint at:uint change:change",
        3: "status position:uint watermarks:[watermark]",
    },
    "client": {
        1: "hello version:uint token:text device:text accepted:uint offered:uint outbox:hex16 client=:text",
        2: "ready generation:uint",
        3: "write conversation?:text n:uint answered:uint command:command",
        4: "delivered conversation:text seq:uint",
        5: "seen conversation:text seq:uint",
        6: "history request:uint conversation:text before?:uint limit?:uint",
        7: "list request:uint cursor?:text limit?:uint",
        8: "listed",
        9: "pull request:uint conversation:text position:uint until?:uint limit?:uint fresh~:bool",
        10: "held held:[mark]",
        11: "open request:uint user:text",
        12: "watch users:[text]",
        13: "unwatch users:[text]",
        14: "typing conversation:text on:bool",
        15: "pulse active:bool",
        16: "refresh request:uint token:text",
        17: "ping request:uint",
        18: "profiles request:uint users:[text]",
        19: "info request:uint conversation:text cursor?:text limit?:uint",
        20: "logout request:uint device?:text",
        21: "receipts request:uint conversation:text seq:uint",
    },
    "server": {
        64: "welcome version:uint user:text epoch:text session:text current:uint generation:uint fresh:bool "
        "ack:ack pid:text node:text now:uint expiresAt:uint limits:limits name:text picture:text "
        "presence:visibility",
        65: "answer conversation?:text n:uint from:uint position:uint seq:uint at:uint text?:text",
        66: "refused conversation?:text n:uint code:text detail:text expected?:uint",
        68: "error request?:uint code:text detail:text",
        69: "message conversation:text from:uint message:message",
        70: "skip conversation:text from:uint position:uint seq:uint",
        71: "status conversation:text from:uint position:uint watermarks:[watermark]",
        72: "changed conversation:text from:uint position:uint at:uint change:change",
        73: "presence users:[shown]",
        74: "typed conversation:text user:text on:bool",
        75: "marks marks:[mark] last:bool",
        76: "drain retryAfterMs:uint url?:text",
        77: "goodbye code:text detail:text retryAfterMs:uint",
    },
    "result": {
        6: "history messages:[message] more:bool",
        7: "list entries:[entry] cursor?:text",
        9: "pull items:[item] position:uint until:uint done:bool",
        11: "open conversation:text",
        16: "refresh expiresAt:uint",
        17: "ping now:uint",
        18: "profiles profiles:[profile]",
        19: "info kind:kind title:text picture:text description:text link?:text createdAt:uint "
        "createdBy:text members:uint page:[member] cursor?:text",
        20: "logout",
        21: "receipts delivered:uint seen:uint watermarks:[watermark]",
    },
}
RESULT = 67


class Malformed(Exception):
    """Bytes that are not of the protocol."""


OMITTED = {"?": None, "*": [], "=": "", "~": False}


def _fields(text):
    fields = []
    for part in text.split():
        name, kind = part.split(":")
        mark = name[-1] if name[-1] in "?*=~" else ""
        fields.append((name.rstrip("?*=~"), mark, kind))
    return fields


_records = {name: _fields(text) for name, text in RECORDS.items()}
_variants = {
    family: {
        code: (text.split()[0], _fields(" ".join(text.split()[1:]))) for code, text in all.items()
    }
    for family, all in VARIANTS.items()
}
_codes = {
    family: {name: code for code, (name, _) in all.items()} for family, all in _variants.items()
}


def _to_wire(kind, value):
    if kind[0] == "[":
        return [_to_wire(kind[1:-1], one) for one in value]
    if kind in SETS:
        return SETS[kind].index(value)
    if kind == "hex16":
        return bytes.fromhex(value)
    if kind in _records:
        return _cut(_wire_fields(_records[kind], value))
    if kind in _variants:
        return _variant_to_wire(kind, value)
    return value


def _wire_fields(fields, values):
    out = []
    for name, mark, kind in fields:
        value = values.get(name)
        # [P-2.6], [P-2.7] What a field left out stands for is not written.
        nil = value is None or (mark in OMITTED and value == OMITTED[mark])
        out.append(None if nil else _to_wire(kind, value))
    return out


def _cut(elements):
    """[P-2.6] Nil at the end is left out."""
    while elements and elements[-1] is None:
        elements.pop()
    return elements


def _variant_to_wire(family, value):
    code = _codes[family][value["type"]]
    return [code] + _cut(_wire_fields(_variants[family][code][1], value))


def _number(value):
    """[P-2.4] A whole number, in whatever coding."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value):
        raise Malformed("not a whole number")
    if not 0 <= value < 2**53:
        raise Malformed("out of range")
    return int(value)


def _from_wire(kind, value):
    if kind[0] == "[":
        return [_from_wire(kind[1:-1], one) for one in value]
    if kind in SETS:
        return SETS[kind][_number(value)]
    if kind == "uint":
        return _number(value)
    if kind == "hex16":
        return value.hex()
    if kind in _records:
        return _read_fields(_records[kind], value, {})
    if kind in _variants:
        return _read_variant(kind, value)
    if not isinstance(value, {"text": str, "bytes": bytes, "bool": bool}[kind]):
        raise Malformed(f"not {kind}")
    return value


def _read_fields(fields, elements, into):
    for i, (name, mark, kind) in enumerate(fields):
        value = elements[i] if i < len(elements) else None
        if value is not None:
            into[name] = _from_wire(kind, value)
        elif mark == "":
            raise Malformed(f"{name} is missing")
        else:
            into[name] = [] if mark == "*" else OMITTED[mark]
    return into


def _read_variant(family, elements):
    """None for a code that is not known; [P-10.3] an unknown change only moves the position."""
    found = _variants[family].get(_number(elements[0]))
    if found is None:
        return {"type": "unknown", "code": elements[0]} if family == "change" else None
    return _read_fields(found[1], elements[1:], {"type": found[0]})


def encode(op, family="client"):
    """One operation's canonical bytes."""
    if op["type"] == "result":
        answer = _variant_to_wire("result", op["result"])
        wire = [RESULT, op["request"]] + answer
    else:
        wire = _variant_to_wire(family, op)
    return msgpack.packb(wire, use_bin_type=True)


def encode_command(command):
    """[P-5.6] What a client stores, so that a repeat is the same bytes."""
    return msgpack.packb(_variant_to_wire("command", command), use_bin_type=True)


def encode_write(conversation, n, answered, command):
    """A write around a command that is encoded already."""
    head = [3, conversation, n, answered]
    return b"\x95" + b"".join(msgpack.packb(one) for one in head) + command


def _no_extension(code, data):
    raise Malformed(f"extension {code}")


def decode(frame, family="server"):
    """The operations of one message; unknown ones are left out [P-11.1]."""
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=True, ext_hook=_no_extension)
    unpacker.feed(frame)
    ops = []
    try:
        for elements in unpacker:
            if not isinstance(elements, list) or not elements:
                raise Malformed("an operation is an array")
            if elements[0] == RESULT and family == "server":
                result = _read_variant("result", elements[2:])
                op = {"type": "result", "request": _number(elements[1]), "result": result}
            else:
                op = _read_variant(family, elements)
            if op is not None:
                ops.append(op)
    except (ValueError, IndexError, TypeError, KeyError, AttributeError) as error:
        raise Malformed(str(error)) from error
    if unpacker.tell() != len(frame):
        raise Malformed("the message is cut")
    return ops
