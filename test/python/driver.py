"""The client as a program that the conformance kit can start: it stays connected and sends what
it is told by lines on its standard input.

    colloquy conformance --client --command 'python3 test/python/driver.py'
"""

import asyncio
import json
import os
import signal
import sys

from colloquy_client import Client, Failed
from colloquy_outbox import Refused


async def lines():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line


async def sent(client, conversation, text):
    try:
        await client.send(conversation, text)
    except Refused:
        # Final: the outbox has noted it, and nobody here has to hear of it.
        pass


async def main():
    client = Client(os.environ["COLLOQUY_URL"] + "/v1", os.environ["COLLOQUY_TOKEN"], durable=False)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, os._exit, 0)
    kept = asyncio.ensure_future(client.keep_connected(lambda: False))
    kept.add_done_callback(lambda done: done.exception())
    sends = set()
    async for line in lines():
        one = json.loads(line)["send"]
        sends.add(asyncio.ensure_future(sent(client, one["conversation"], one["text"])))


try:
    asyncio.run(main())
except Failed as end:
    sys.exit(str(end))
