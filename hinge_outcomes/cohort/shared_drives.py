"""Folders that other computers write to as well: network drives and folders that are synced."""

import os
import sys
from pathlib import Path

_SYNCED = {
    "onedrive": "OneDrive",
    "dropbox": "Dropbox",
    "google drive": "Google Drive",
    "googledrive": "Google Drive",
    "my drive": "Google Drive",
    "icloud": "iCloud",
    "com~apple~clouddocs": "iCloud",
    "mobile documents": "iCloud",
    "cloudstorage": "a cloud service",
    "nextcloud": "Nextcloud",
    "owncloud": "ownCloud",
}
"""Begins of folder names, in small letters, that these services give to what they sync."""

_NETWORK_TYPES = ("nfs", "cifs", "smb", "fuse.sshfs", "fuse.rclone", "afs", "9p", "davfs", "webdav")
_MOUNTS = Path("/proc/mounts")
_REMOTE_DRIVE = 4  # what Windows calls DRIVE_REMOTE


def shared_by(path: str | os.PathLike[str], *, mounts: str | None = None) -> str | None:
    """Tell whether a file would lie where other computers write too.

    A database that two computers write to, or that a service copies while it is being written, is
    sooner or later damaged, and neither of them notices.

    Parameters
    ----------
    path : path
        The file, which need not exist.
    mounts : str, optional
        What is mounted where, as Linux lists it; that of this computer if not given.

    Returns
    -------
    str or None
        What shares it, such as "OneDrive" or "a network drive"; None for a drive of one's own.

    Examples
    --------
    >>> shared_by("/home/clinic/OneDrive - Clinic/registry.duckdb", mounts="")
    'OneDrive'
    >>> shared_by("/srv/share/registry.duckdb", mounts="server:/x /srv/share nfs4 rw 0 0")
    'a network drive'
    """
    written = os.fspath(path)
    if written.startswith(("\\\\", "//")) and not written.startswith(("\\\\?\\", "\\\\.\\")):
        return "a network drive"
    target = Path(path).absolute()
    resolved = Path(os.path.realpath(target))
    for folder in (*target.parent.parts, *resolved.parent.parts):
        for begin, service in _SYNCED.items():
            if folder.lower().startswith(begin):
                return service
    if _is_on_network(resolved, _listed_mounts() if mounts is None else mounts):
        return "a network drive"
    return None


def _listed_mounts() -> str:
    try:
        return _MOUNTS.read_text(encoding="utf-8", errors="replace")
    except OSError:  # other systems have no such list
        return ""


def _is_on_network(path: Path, mounts: str) -> bool:
    if sys.platform == "win32":
        import ctypes

        return bool(ctypes.windll.kernel32.GetDriveTypeW(path.anchor) == _REMOTE_DRIVE)
    nearest, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        is_above = path.as_posix().startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(nearest):
            nearest, kind = point, fields[2]
    return kind.startswith(_NETWORK_TYPES)
