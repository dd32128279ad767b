"""A real Redis server over loopback, and as much of a client as tests need."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest


class RedisServer:
    """One process that keeps nothing on disk."""

    def __init__(self, folder: Path) -> None:
        program = shutil.which("redis-server")
        if program is None or not Path("/usr/share/lua/5.1/nginx/redis.lua").exists():
            why = "no redis-server with lua-nginx-redis; `bash tests/engines/kong.sh` installs them"
            if os.environ.get("SECCFG_REQUIRE_ENGINES"):
                pytest.fail(why)
            pytest.skip(why)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process = subprocess.Popen(
            [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
            stdout=subprocess.DEVNULL,
        )
        last = time.monotonic() + 20
        while True:
            try:
                self._connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
                break
            except OSError:
                if time.monotonic() > last:
                    raise
                time.sleep(0.05)
        self._reader = self._connection.makefile("rb")

    def ask(self, *words: str | bytes | int) -> object:
        """One command; a list, text, number or None. RuntimeError for an error reply."""
        parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        self._connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        return self._reply()

    def _reply(self) -> object:
        line = self._reader.readline().rstrip(b"\r\n")
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self._reader.read(int(rest) + 2)[:-2].decode()
        return [self._reply() for _ in range(int(rest))]

    def close(self) -> None:
        self._reader.close()
        self._connection.close()
        self.process.terminate()
        self.process.wait(timeout=20)
