"""How a line of the log is written. It needs no Django: settings name it before anything is loaded."""

from __future__ import annotations

import logging
import time
from typing import Any

#: What would break a line, or move the cursor of whoever reads it.
_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160), 0x2028, 0x2029)} | {
    ord("\n"): "\\n",
    ord("\r"): "\\r",
    ord("\t"): "\\t",
}


class OneLine(logging.Formatter):
    """One line for one event, in UTC, whatever strangers wrote into it. Tracebacks follow, each line marked as such."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:  # so it is called there
        return super().formatMessage(record).translate(_CONTROLS)

    def formatException(self, ei: Any) -> str:
        return "\n".join(f"| {line.translate(_CONTROLS)}" for line in super().formatException(ei).splitlines())
