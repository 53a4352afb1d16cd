"""Numbers of a run, kept for reading later."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class JsonLines:
    """A file to which each record is appended as one line of JSON."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def write(self, record: Mapping[str, Any]) -> None:
        """Append a record and the time."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**record, "time": round(time.time(), 3)}) + "\n")
