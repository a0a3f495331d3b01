"""The chain of hashes, computed from nothing but what event.proto says of `EventRecord`."""

import hashlib
import struct
import uuid


class Broken(Exception):
    """An event that cannot be what was recorded after the one before it."""


def verify(events):
    """Verifies the whole log of one complaint, from its first event on, and returns the last hash."""
    previous = b""
    for expected, event in enumerate(events, start=1):
        if event.sequence != expected:
            raise Broken(f"event {expected} is missing: {event.sequence} stands in its place")
        if hash_of(event, previous) != event.record.hash:
            raise Broken(f"event {expected} or the one before it was changed")
        previous = event.record.hash
    return previous


def hash_of(event, previous):
    complaint = uuid.UUID(event.complaint.removeprefix("complaints/"))
    parts = [
        previous,
        complaint.bytes,
        struct.pack(">q", event.sequence),
        instant(event.event_time),
        event.actor.encode(),
        event.record.payload,
    ]
    if event.HasField("clock_step"):
        step = event.clock_step
        parts += [
            step.clock.encode(),
            struct.pack(">i", step.cycle),
            struct.pack(">Q", step.step),
            struct.pack(">I", step.repetition),
            instant(step.due_time),
        ]
    return hashlib.sha256(b"".join(struct.pack(">Q", len(part)) + part for part in parts)).digest()


def instant(timestamp):
    return struct.pack(">q", timestamp.seconds * 1_000_000 + timestamp.nanos // 1_000)
