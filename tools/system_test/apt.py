"""A private apt: the machine's own Debian archive and keys, other suites, nothing installed and no root needed.

apt resolves versions and dependencies against an empty system and checks what it fetches against the signed index, so
neither is done here. Where the archive is, only apt knows: its address is asked for at run time.
"""

import os
import pathlib
import re
import subprocess

from reason import Unavailable

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# A mirror that does not answer must end in a reason, not in a hang.
FETCH_SECONDS = 1200


def codename():
    """The machine's own release as apt writes it, or an empty text."""
    try:
        text = pathlib.Path("/etc/os-release").read_text()
    except OSError:
        return ""
    found = re.search(r'^VERSION_CODENAME="?([a-z]+)"?$', text, re.M)
    return found.group(1) if found else ""


def archive():
    """Address of the main Debian archive that this machine's apt is set up with."""
    fields = "$(ORIGIN)|$(LABEL)|$(RELEASE)|$(COMPONENT)|$(REPO_URI)"
    try:
        done = subprocess.run(["apt-get", "indextargets", "--format", fields], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Unavailable(f"apt-get can't be asked for its sources ({error}); the packages come from Debian by apt") from error
    # Origin and label are known only once the lists were fetched; the release's name is in the sources themselves.
    for line in done.stdout.splitlines():
        origin, label, release, component, address = line.split("|")
        if component == "main" and ((origin, label) == ("Debian", "Debian") or (not origin and release == codename())):
            return address
    raise Unavailable("apt on this machine has no Debian archive in its sources; QEMU and the kernels come from there")


class Apt:
    """apt over one set of suites, with all of its state in `folder`. Package lists are shared in `folder/lists`."""

    def __init__(self, folder, suites):
        self.folder = folder
        self.suites = suites
        for part in ("lists/partial", "debs/partial"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        self.sources = folder / f"{suites[-1]}.sources"
        keyring = f"Signed-By: {KEYRING}\n" if os.path.exists(KEYRING) else ""
        self.sources.write_text(f"Types: deb\nURIs: {archive()}\nSuites: {' '.join(suites)}\nComponents: main\n{keyring}")

    def options(self):
        settings = {
            "Dir::State": self.folder,
            "Dir::State::lists": self.folder / "lists",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder,
            "Dir::Cache::archives": self.folder / "debs",
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Etc::sourcelist": self.sources,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::Log": self.folder,
            # Another set of suites shares the folder of lists.
            "APT::Get::List-Cleanup": "false",
            "APT::Sandbox::User": "",
            "APT::Architecture": "amd64",
            "APT::Update::Post-Invoke-Success::": "true",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::Retries": "3",
        }
        return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def run(self, tool, *words, cwd=None):
        """Runs apt-get or apt-cache and answers what it printed."""
        command = [tool, *self.options(), *map(str, words)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=FETCH_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Unavailable(f"{tool} {words[0]} did not end within {FETCH_SECONDS} s") from error
        if done.returncode != 0:
            said = [line for line in done.stderr.splitlines() if line.startswith("E:")] or done.stderr.splitlines()[-3:]
            raise Unavailable(f"{tool} {words[0]} of {' '.join(self.suites)}: {'; '.join(said)}")
        return done.stdout

    def update(self):
        """Fetches the package lists. apt calls a list that it could not fetch a warning; here it is an error."""
        self.run("apt-get", "update", "-o", "APT::Update::Error-Mode=any")

    def fetch_all(self, packages):
        """Downloads packages with all they depend on; answers their files by file name."""
        words = ["install", "--yes", "--no-install-recommends", "--target-release", self.suites[-1], *packages]
        planned = self.run("apt-get", *words, "--print-uris")
        self.run("apt-get", *words, "--download-only")
        names = re.findall(r"^'[^']+' (\S+) \d+", planned, re.M)
        return [self.folder / "debs" / name for name in names]

    def fetch_one(self, package):
        """Downloads one package without its dependencies into `debs`; answers its file."""
        place = self.folder / "debs"
        shown = self.run("apt-get", "download", "--print-uris", package)
        self.run("apt-get", "download", package, cwd=place)
        return place / re.search(r"^'[^']+' (\S+) \d+", shown, re.M).group(1)

    def newest_dependency(self, package, prefix):
        """The package beginning with `prefix` that a meta package depends on."""
        shown = self.run("apt-cache", "depends", "--important", package)
        found = re.search(rf"Depends: ({re.escape(prefix)}\S+)", shown)
        if not found:
            raise Unavailable(f"{package} in {' '.join(self.suites)} depends on no {prefix}*")
        return found.group(1)
