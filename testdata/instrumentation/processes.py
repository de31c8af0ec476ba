"""Processes that run beside a stack: their ports, when they are ready, and how they end."""

import contextlib
import socket
import subprocess
import time
import urllib.request


class Failed(Exception):
    pass


def free_ports(count):
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in opened]
    for one in opened:
        one.close()
    return ports


def connects(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def until(holds, process, what):
    """Waits for what another process does; the process that ends first will not do it."""
    end = time.monotonic() + 60
    while not holds():
        if process.poll() is not None or time.monotonic() > end:
            raise Failed(f"{what} does not start")
        time.sleep(0.05)


def healthy(url, process):
    def answers():
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=1) as answer:
            return answer.status == 200
        return False

    until(answers, process, "the Collector")


def stopped(process):
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
