"""A headless Chromium, spoken to through a pipe in its own protocol: no driver, no port, nothing to install."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --disable-extensions "
    "--no-default-browser-check --remote-debugging-pipe"
).split()
_PATIENCE = 60


def found() -> str | None:
    """Where Chromium is, if it is."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Page:
    """A tab; ``events`` are what it told so far."""

    def __init__(self, process: subprocess.Popen[bytes], to: int, of: int) -> None:
        self._process, self._to, self._of = process, to, of
        self._buffer = b""
        self._number = 0
        self._session = ""
        self.events: list[dict[str, Any]] = []

    def attach(self) -> Self:
        """Open the tab."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        return self

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask for something, and wait for the answer."""
        self._number += 1
        request: dict[str, Any] = {"id": self._number, "method": method, "params": params}
        if self._session:
            request["sessionId"] = self._session
        os.write(self._to, json.dumps(request).encode() + b"\0")
        number = self._number
        answer = self._wait(lambda message: message.get("id") == number, method)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    def load(self, path: Path) -> None:
        """Load a file, and wait until all of it is there."""
        self.events.clear()
        self.call("Page.navigate", url=path.as_uri())
        loaded = any(event["method"] == "Page.loadEventFired" for event in self.events)
        if not loaded:
            self._wait(lambda message: message.get("method") == "Page.loadEventFired", "load")
        time.sleep(0.2)  # what a page does after it is loaded

    def run(self, script: str) -> Any:
        """The value of an expression."""
        answer = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def size(self, width: int, height: int) -> None:
        """Resize the window."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    def picture(self) -> bytes:
        """A PNG of what the window shows. What is out of sight may not even be laid out."""
        return base64.b64decode(self.call("Page.captureScreenshot")["data"])

    def pdf(self) -> bytes:
        """The page as it prints."""
        made = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        return base64.b64decode(made["data"])

    def complaints(self) -> list[str]:
        """What the page wrote to the console, and the exceptions that it threw."""
        return [
            json.dumps(event["params"])
            for event in self.events
            if event["method"] in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")
        ]

    def requests(self) -> list[str]:
        """What the page asked for, itself and what it carries inside left out."""
        asked = [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [url for url in asked[1:] if not url.startswith("data:")]

    def _wait(self, wanted: Any, what: str) -> dict[str, Any]:
        until = time.monotonic() + _PATIENCE
        while True:
            while b"\0" in self._buffer:
                line, _, self._buffer = self._buffer.partition(b"\0")
                message: dict[str, Any] = json.loads(line)
                if "method" in message:
                    self.events.append(message)
                if wanted(message):
                    return message
            left = until - time.monotonic()
            if left <= 0 or not select.select([self._of], [], [], left)[0]:
                raise TimeoutError(f"Chromium did not answer: {what}")
            read = os.read(self._of, 1 << 20)
            if not read:
                raise EOFError(f"Chromium has ended: {what}")
            self._buffer += read


@contextmanager
def browser(profile: Path) -> Iterator[Page]:
    """A browser with an empty profile, and one tab in it."""
    program = found()
    assert program
    in_read, in_write = os.pipe()
    out_read, out_write = os.pipe()
    # Chromium reads from 3 and writes to 4.
    shell = f'exec "$@" 3<&{in_read} 4>&{out_write}'
    command = ["bash", "-c", shell, "bash", program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
    process = subprocess.Popen(
        command, pass_fds=(in_read, out_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(in_read)
    os.close(out_write)
    page = Page(process, in_write, out_read)
    try:
        yield page.attach()
    finally:
        os.close(in_write)  # it ends when nobody speaks to it
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(out_read)
