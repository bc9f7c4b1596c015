"""Find the files of one load: every source has its file, and no file is taken twice."""

import fnmatch
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.settings import suggest
from hinge_outcomes.ingestion.sources import Source

Export = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_NO_EXPORT = (".toml", ".md")
_LOCKS = ("~$", ".~lock.")
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FoundFile:
    """Name a file and what it is in the load.

    Parameters
    ----------
    source : Source
        The source it belongs to.
    path : Path
        The file.
    """

    source: Source
    path: Path


def find_files(export: Export, sources: tuple[Source, ...]) -> tuple[FoundFile, ...]:
    """Find the file, or files, of every source.

    Parameters
    ----------
    export : path or iterable of paths
        A file, several, or a folder that holds them.
    sources : tuple of Source
        What the mapping expects.

    Returns
    -------
    tuple of FoundFile
        In the order of the sources, then by name; sheets of one book are found once for each.

    Raises
    ------
    DataError
        If a source that is not optional has no file, a file belongs to no source, or to several:
        a load is all or none.
    """
    given = list_files(export)
    if len(sources) == 1 and len(given) == 1:
        # One file and one source: it is meant, whatever it is called.
        return (FoundFile(sources[0], given[0]),)
    matches = {path: _sources_of(path, sources) for path in given}
    found = [
        FoundFile(source, path) for source in sources for path in given if source in matches[path]
    ]
    absent = [
        source
        for source in sources
        if not source.is_optional and not any(f.source == source for f in found)
    ]
    if absent or not found:
        raise DataError(_absent(absent or list(sources), given))
    taken = {item.path for item in found}
    left = [path for path in given if path not in taken]
    if left and not _is_folder(export):
        raise DataError(
            f"The mapping has no source for {', '.join(path.name for path in left)}. Its sources "
            f"are {', '.join(source.pattern for source in sources)}. Leave the file out, or add a "
            "[[source]] for it."
        )
    return tuple(found)


def _sources_of(path: Path, sources: tuple[Source, ...]) -> list[Source]:
    """Find whose file it is: a source that names it goes before one whose pattern it fits."""
    name = path.name.lower()
    named = [source for source in sources if source.pattern.lower() == name]
    fits = [source for source in sources if fnmatch.fnmatch(name, source.pattern.lower())]
    own = named or fits
    parts = [(source.sheet, source.resource) for source in own]
    if len(set(parts)) < len(parts):
        raise DataError(
            f"{path.name} fits more than one source: {', '.join(source.name for source in own)}. "
            "Its rows would be taken twice. Let file = in each [[source]] fit its own files only, "
            "or name the sheet or resource that each of them means."
        )
    return own


def list_files(export: Export) -> list[Path]:
    """List the files of an export.

    Parameters
    ----------
    export : path or iterable of paths
        A file, several, or a folder.

    Returns
    -------
    list of Path
        Files, sorted by name within a folder; lock files of spreadsheets and mappings left out.

    Raises
    ------
    DataError
        If there is none, a file was named twice, or two files have the same name.
    """
    if not isinstance(export, (str, os.PathLike)):
        named = [Path(path) for path in export]
        if not named:
            raise DataError("No export was named. Name a file, several, or a folder.")
        files = [file for path in named for file in list_files(path)]
        _check_distinct(files)
        return files
    path = Path(export)
    if not path.is_dir():
        return [path]
    files = sorted(
        file
        for file in path.iterdir()
        if file.is_file()
        and not file.name.startswith((".", *_LOCKS))
        and file.suffix.lower() not in _NO_EXPORT
    )
    if not files:
        raise DataError(f"The folder {path.name} holds no export. Name another, or a file.")
    return files


def _check_distinct(files: list[Path]) -> None:
    """Refuse two files of one name: a finding could not say which of them it is about."""
    names = [file.name for file in files]
    for file in files:
        if names.count(file.name) > 1:
            paths = {other.resolve() for other in files if other.name == file.name}
            if len(paths) < names.count(file.name):
                raise DataError(f"{file.name} is named twice. Name each file once.")
            raise DataError(
                f"Two files of the load are called {file.name}, so that no finding could say which "
                "of them it is about. Rename one of them."
            )


def _absent(absent: list[Source], given: list[Path]) -> str:
    names = [path.name for path in given]
    asked = " ".join(
        f"{source.name or 'export'!r} expects {source.pattern!r}.{suggest(source.pattern, names)}"
        for source in absent
    )
    shown = ", ".join(names[:_SHOWN]) + (" and more" if len(names) > _SHOWN else "")
    return (
        f"A file is missing, so nothing was loaded: a load is all or none. The source {asked} "
        f"Files given: {shown}. Add the file, mend file = in the [[source]], or write "
        "optional = true there if the load may go on without it."
    )


def _is_folder(export: Export) -> bool:
    return isinstance(export, (str, os.PathLike)) and Path(export).is_dir()
