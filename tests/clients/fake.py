"""Starts the fake for a client's walk, and talks HTTP with nothing but the standard library."""

import json
import subprocess
import sys
import urllib.error
import urllib.request

# A proxy of the machine is not for us.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Fake:
    """A server on a free port, stopped at the end of a `with` block."""

    def __init__(self, binary, *arguments):
        command = [binary, "serve", "flow", "--port", "0", "--clock", "frozen", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        ready = self.process.stdout.readline()
        if not ready.startswith("standin ready "):
            sys.exit(f"the fake did not start: {self.process.stderr.read()}")
        self.base = ready.split()[2]
        self.control = self.base.rsplit("/", 1)[0] + "/_standin"
        for line in self.process.stderr:
            if line.startswith("  credential  "):
                self.key = line.rsplit(" ", 1)[1].strip()
            if line.startswith("  control "):
                break
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0, f"the fake ended with {self.process.returncode}"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.bytes = response.read()

    @property
    def body(self):
        return json.loads(self.bytes)

    def expect(self, status):
        assert self.status == status, f"{self.status}, not {status}: {self.bytes.decode()}"
        return self


def call(method, url, key=None, body=None, headers=None):
    """One call; `body` is JSON unless it is bytes."""
    headers = dict(headers or {})
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with OPENER.open(request, timeout=30) as response:
            return Answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error)
