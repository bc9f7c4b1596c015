"""Places that other computers write to are told apart from one's own."""

from pathlib import Path

import pytest

from hinge_outcomes.cohort.shared_drives import shared_by

MOUNTS = (
    "/dev/sda1 / ext4 rw 0 0\n"
    "server:/export /srv/clinic nfs4 rw 0 0\n"
    "//server/share /srv/my\\040share cifs rw 0 0\n"
    "/dev/sdb1 /srv/clinic/local ext4 rw 0 0\n"
    "me@server:/ /home/me/far fuse.sshfs rw 0 0\n"
)


@pytest.mark.parametrize(
    ("path", "service"),
    [
        ("/home/me/OneDrive - Clinic/r.duckdb", "OneDrive"),
        ("/home/me/Dropbox/data/r.duckdb", "Dropbox"),
        ("/home/me/Dropbox (Clinic)/r.duckdb", "Dropbox"),
        ("/Users/me/Library/Mobile Documents/com~apple~CloudDocs/r.duckdb", "iCloud"),
        ("/Users/me/Library/CloudStorage/GoogleDrive-x/My Drive/r.duckdb", "a cloud service"),
        ("/home/me/Google Drive/r.duckdb", "Google Drive"),
        ("/home/me/Nextcloud/r.duckdb", "Nextcloud"),
        ("\\\\server\\share\\r.duckdb", "a network drive"),
        ("//server/share/r.duckdb", "a network drive"),
        ("/srv/clinic/r.duckdb", "a network drive"),
        ("/srv/my share/r.duckdb", "a network drive"),
        ("/home/me/far/away/r.duckdb", "a network drive"),
    ],
)
def test_shared_places_are_named(path: str, service: str) -> None:
    """Synced folders go by their names, network drives by how they are mounted."""
    assert shared_by(path, mounts=MOUNTS) == service


@pytest.mark.parametrize(
    "path",
    [
        "/home/me/clinic/r.duckdb",
        "/srv/clinic/local/r.duckdb",
        "/srv/clinical/r.duckdb",
        "/home/me/dropbox.duckdb",
    ],
)
def test_places_of_ones_own_are_not(path: str) -> None:
    """A disk within a network drive, a like name, and a file of such a name are one's own."""
    assert shared_by(path, mounts=MOUNTS) is None


def test_a_link_into_a_synced_folder_is_followed(tmp_path: Path) -> None:
    """A folder that is a link is judged by where it leads."""
    (tmp_path / "Dropbox").mkdir()
    link = tmp_path / "records"
    try:
        link.symlink_to(tmp_path / "Dropbox", target_is_directory=True)
    except OSError:
        pytest.skip("links need special rights on Windows")
    assert shared_by(link / "r.duckdb", mounts="") == "Dropbox"


def test_this_computer_is_asked_when_no_mounts_are_given(tmp_path: Path) -> None:
    """A temporary folder of this computer is its own."""
    assert shared_by(tmp_path / "r.duckdb") is None
