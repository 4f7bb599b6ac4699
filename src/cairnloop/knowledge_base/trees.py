"""The Markdown files of a folder and of the folders below it, read with care."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from cairnloop.core.errors import InvalidInput

ENDINGS = (".md", ".markdown")
FILE_BYTES = 2_100_000
PATH_CHARS = 500


class UnreadableFile(InvalidInput):
    """The file cannot be read as an article."""

    code = "unreadable_file"


class NoFiles(InvalidInput):
    """There is no Markdown file in this folder. Name the folder that holds your articles; nothing was changed."""

    code = "no_files"


def list_files(root: Path) -> list[str]:
    """Return the paths of the Markdown files below `root`, relative and in order. Raises NoFiles.

    What begins with a dot is left out. Links to folders are listed but not followed, so that reading them is refused
    by name.
    """
    paths = sorted(_found(root))
    if not paths:
        raise NoFiles
    return paths


def read_file(root: Path, path: str) -> str:
    """Return what the file at `path` below `root` says. Raises UnreadableFile with the reason."""
    file = root / path
    try:
        if not file.resolve(strict=True).is_relative_to(root.resolve()):
            raise UnreadableFile("It is a link that leads out of the folder.")
        if not file.is_file():
            raise UnreadableFile("It is no regular file. Links to folders are not followed.")
        with file.open("rb") as opened:
            content = opened.read(FILE_BYTES + 1)
    except OSError as error:
        raise UnreadableFile(f"It cannot be read: {error.strerror}.") from error
    if len(content) > FILE_BYTES:
        raise UnreadableFile(f"It is larger than {FILE_BYTES:,} bytes. Split it into several articles.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile("It is not UTF-8 text.") from error


def write_file(root: Path, path: str, content: str) -> bool:
    """Write a file below `root`, whole or not at all; False if it says so already. Raises UnreadableFile."""
    file = root / path
    if is_outside(path) or not file.resolve().is_relative_to(root.resolve()):
        raise UnreadableFile("It would be written outside the folder.")
    data = content.encode()
    if file.is_file() and file.read_bytes() == data:
        return False
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name[:100]}.part")
    unfinished.write_bytes(data)
    unfinished.replace(file)
    return True


def is_outside(path: str) -> bool:
    """Return whether a relative path leaves the folder it is relative to."""
    pure = PurePosixPath(path)
    return pure.is_absolute() or ".." in pure.parts


def _found(root: Path) -> Iterator[str]:
    for folder, below, names in os.walk(root):
        below[:] = [name for name in below if not name.startswith(".")]
        links = [name for name in below if (Path(folder) / name).is_symlink()]
        files = [name for name in names if name.lower().endswith(ENDINGS) and not name.startswith(".")]
        for name in (*links, *files):
            yield (Path(folder) / name).relative_to(root).as_posix()
