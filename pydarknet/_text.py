"""Text files that must be UTF-8: names in them are compared, and written again."""

from __future__ import annotations

from .errors import DataError


def decode_text(data: bytes, file: str) -> str:
    """The text of a file's bytes, without a byte order mark.

    Raises:
        DataError: they are no UTF-8, with the line of the first byte that is none.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{file}:{line}: the byte {data[error.start]:#04x} is no UTF-8, expected text in UTF-8",
            file=file,
            line=line,
        ) from None
