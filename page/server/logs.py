"""The log of the serving process, which strangers cannot fill: records are short, and so many a minute."""

import logging
import time

LONGEST = 4_000  # characters of a record; what a request brought may be in it, however long
MOST = 120  # records a minute


class ShortLog(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes the start and the end of each record, and of too many a minute merely how many there were."""

    _minute, _count = 0, 0

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        left_out = len(text) - LONGEST
        if left_out <= 0:
            return text
        return f"{text[: LONGEST // 2]} … {left_out} characters … {text[-LONGEST // 2 :]}"

    def emit(self, record: logging.LogRecord) -> None:
        minute = int(time.monotonic() / 60)
        if minute != self._minute:
            left_out, self._minute, self._count = self._count - MOST, minute, 0
            if left_out > 0:
                text = f"{left_out} more records of a minute before were left out."
                super().emit(logging.makeLogRecord({"msg": text}))
        self._count += 1
        if self._count <= MOST:
            super().emit(record)


def install() -> None:
    """Has whatever is logged in this process, by libraries too, be written in this way."""
    logging.basicConfig(handlers=[ShortLog()], format="%(message)s")
