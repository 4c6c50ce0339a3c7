"""What a module for a guest's kernel is built against: Debian's headers packages, unpacked, and nothing of them installed."""

import shutil
import subprocess

from reason import Unavailable

LIBRARIES = "usr/lib/x86_64-linux-gnu"
# Where the packages expect to be, and the way from there to the same place.
INSTALLED, BESIDE = "/usr/src/", "../"


def fetch(apt, release, version):
    """Downloads the headers of one kernel with the programs that a build needs; answers the files.

    `release` is what the kernel calls itself, `version` that of its package: headers of another might build, and not load.
    """
    package = f"linux-headers-{release}"
    try:
        names = [package, apt.newest_dependency(package, "linux-headers-"), apt.newest_dependency(package, "linux-kbuild-")]
        return [*(apt.fetch_one(f"{name}={version}") for name in names), apt.fetch_one("libelf1")]
    except Unavailable as unavailable:
        raise Unavailable(
            f"the headers of the guest's kernel {release} ({version}) can't be had, the archive may have gone on to the next one; "
            f"--refresh fetches kernel and headers of today ({unavailable})"
        ) from unavailable


def unpack(packages, release, place):
    """Unpacks them into `place`; `place/build` is then what /lib/modules/RELEASE/build is on an installed system."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for package in packages:
        subprocess.run(["dpkg-deb", "-x", package, place], check=True)
    flavour = place / "usr/src" / f"linux-headers-{release}"
    # One line, the only absolute path that a build meets. make looks for it in the folder that -C names.
    makefile = flavour / "Makefile"
    makefile.write_text(makefile.read_text().replace(INSTALLED, BESIDE))
    (place / "build").symlink_to(flavour.relative_to(place))
    (place / "release").write_text(release)


def current(place, release):
    """Whether the headers in `place` are those of this kernel."""
    kept = place / "release"
    return kept.exists() and kept.read_text() == release
