"""What both Python clients share: what the suite tells a program, and how it reports."""

import asyncio
import base64
import inspect
import json
import os
import sys
import time
import traceback


def told(name):
    return os.environ.get(name, "")


SERVERS = told("KAFKA_SERVERS")
CROSS_TOPIC = told("KAFKA_CROSS_TOPIC")
CROSS_READS = [read.split("=") for read in told("KAFKA_CROSS_READS").split(",") if read]
FEATURES = told("KAFKA_FEATURES").split(",")
SCENARIO_SECONDS = 45


def named(name):
    """A name that no other run has."""
    return told("KAFKA_PREFIX") + name


def unpacked(text):
    return None if text is None else base64.b64decode(text)


def cross_records():
    """What each client writes and every other one must read: (key, value, headers, timestamp in ms)."""
    with open(told("KAFKA_CROSS_RECORDS"), encoding="utf-8") as file:
        return [
            (
                unpacked(record["key"]),
                unpacked(record["value"]),
                [(name, unpacked(value)) for name, value in record["headers"]],
                record["timestamp"],
            )
            for record in json.load(file)
        ]


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"{actual!r} is not {expected!r}")


_scenarios = []


def scenario(name, needs=None):
    """Registers a function, or a coroutine, as a scenario; `needs` names a part of the protocol."""

    def register(function):
        if needs is None or needs in FEATURES:
            _scenarios.append((name, function))
        return function

    return register


def run_all(client, read_cross):
    """Runs and reports every scenario, or reads what the other clients wrote when the suite says so."""
    chosen = [(f"reads what {writer} wrote", lambda topic=topic: read_cross(topic)) for writer, topic in CROSS_READS]
    for name, function in chosen or _scenarios:
        started = time.monotonic()
        error = None
        try:
            outcome = function()
            if inspect.isawaitable(outcome):
                asyncio.run(asyncio.wait_for(outcome, SCENARIO_SECONDS))
        except BaseException:  # Whatever it was, the next scenario still runs.
            error = traceback.format_exc()
        milliseconds = round((time.monotonic() - started) * 1000)
        line = {"scenario": name, "ok": error is None, "ms": milliseconds}
        print(json.dumps(line if error is None else {**line, "error": error}), flush=True)
    print(json.dumps({"client": client}), flush=True)
    sys.stdout.flush()
    os._exit(0)
