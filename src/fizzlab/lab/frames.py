"""What server and worker say to each other: JSON texts with their length before them, no pickle.

A worker reads orders on its standard input and writes news on its standard output. When the input
ends, the server is gone, and the worker with it.
"""

from __future__ import annotations

import asyncio
import struct
from typing import BinaryIO

_LENGTH = struct.Struct(">I")
MAX_FRAME = 256 * 1024 * 1024  # bytes: a run as a zip, in base64


def framed(message: bytes) -> bytes:
    """Gives a message with its length before it."""
    return _LENGTH.pack(len(message)) + message


def read_frame(file: BinaryIO) -> bytes | None:
    """Waits for a message; None at the end of the file."""
    head = file.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    message = file.read(length)
    return message if len(message) == length else None


async def receive_frame(reader: asyncio.StreamReader) -> bytes | None:
    """Waits for a message; None if the other side is gone."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        return await reader.readexactly(length) if length <= MAX_FRAME else None
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
