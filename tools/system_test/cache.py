"""What the test needs from Debian, in `.tools/system`: fetched once, with versions as they are then, used without a network after."""

import json
import pathlib
import shutil
import subprocess

import headers
import kernel
from apt import Apt
from reason import Unavailable

# The first QEMU of Debian that is a vfio-user client and runs with a stable release's C library.
TOOLS_SUITES = ["trixie", "trixie-backports"]
TOOLS = ["qemu-system-x86", "busybox-static", "pciutils", "zstd", "lz4"]
# Guest kernels. The cloud kernels boot sooner, but have no driver for AMD's IOMMU.
KERNELS = {
    "bookworm": ("bookworm", "linux-image-cloud-amd64"),
    "trixie": ("trixie", "linux-image-cloud-amd64"),
    "trixie-full": ("trixie", "linux-image-amd64"),
}
# What serves a folder of the host to the guest.
SHARE = ["virtiofsd"]
# Kernels for which modules can be built: trixie's come with programs that need trixie's C library, the full one has no one who asks.
WITH_HEADERS = ("bookworm",)
LIBRARIES = "usr/lib/x86_64-linux-gnu"


class Cache:
    """The folder and what is in it."""

    def __init__(self, folder, say):
        self.folder = folder
        self.say = say
        self.manifest_file = folder / "manifest.json"
        self.manifest = json.loads(self.manifest_file.read_text()) if self.manifest_file.exists() else {}

    def tool(self, path, place="tools"):
        """Command line that runs a program of the unpacked packages with their own loader and libraries."""
        root = self.folder / place
        libraries = root / LIBRARIES
        return [str(libraries / "ld-linux-x86-64.so.2"), "--library-path", str(libraries), str(root / path)]

    def tools(self):
        """Fetches QEMU and what goes into the guest, unless it is there."""
        return self.programs("tools", TOOLS, self.check_qemu)

    def share(self):
        """Fetches what shares a folder, unless it is there; answers the command line that runs it."""
        self.programs("share", SHARE, lambda: None)
        return self.tool("usr/libexec/virtiofsd", "share")

    def programs(self, name, wanted, check):
        """Fetches packages with all they depend on, unless they are there, and answers their folder."""
        root = self.folder / name
        if name in self.manifest:
            return root
        self.say(f"fetching {', '.join(wanted)} of Debian {TOOLS_SUITES[-1]}")
        apt = Apt(self.folder / "apt", TOOLS_SUITES)
        apt.update()
        packages = apt.fetch_all(wanted)
        shutil.rmtree(root, ignore_errors=True)
        for package in packages:
            subprocess.run(["dpkg-deb", "-x", package, root], check=True)
        check()
        self.keep(name, packages)
        return root

    def check_qemu(self):
        """Whether the QEMU runs at all and has what it was fetched for."""
        done = subprocess.run([*self.tool("usr/bin/qemu-system-x86_64"), "-device", "help"], capture_output=True, text=True)
        if done.returncode != 0:
            raise Unavailable(f"the QEMU that was fetched does not run on this machine: {done.stderr.strip()}")
        if '"vfio-user-pci"' not in done.stdout:
            raise Unavailable("the QEMU that was fetched is no vfio-user client")

    def kernel(self, name):
        """Fetches a guest kernel, unless it is there with all modules that are wanted today, and answers its folder."""
        folder = self.folder / "kernels" / name
        if name in self.manifest and kernel.current(folder):
            return folder
        suite, meta = KERNELS[name]
        self.tools()
        self.say(f"fetching {meta} of Debian {suite}")
        apt = Apt(self.folder / "apt", [suite])
        apt.update()
        package = apt.fetch_one(apt.newest_dependency(meta, "linux-image-"))
        kernel.unpack(package, folder, {"zstd": self.unpacker("zstd"), "lz4": self.unpacker("lz4")})
        self.keep(name, [package])
        return folder

    def headers(self, name):
        """Fetches the headers of a guest kernel, unless they are there, and answers their folder."""
        if name not in WITH_HEADERS:
            raise Unavailable(f"modules can be built here for the kernel of {' and '.join(WITH_HEADERS)} (--machine bookworm), not of {name}")
        place = self.folder / "headers" / name
        release = (self.kernel(name) / "version").read_text()
        if headers.current(place, release):
            return place
        suite, _ = KERNELS[name]
        self.say(f"fetching the headers of {release} of Debian {suite}")
        apt = Apt(self.folder / "apt", [suite])
        apt.update()
        (package,) = self.manifest[name]
        packages = headers.fetch(apt, release, package.split("_")[1])
        headers.unpack(packages, release, place)
        self.keep(f"{name}-headers", packages)
        return place

    def unpacker(self, program):
        """What unpacks by a program that was fetched, `zstd` or `lz4`."""
        command = [*self.tool(f"usr/bin/{program}"), "-dc"]
        return lambda data: subprocess.run(command, input=data, capture_output=True, check=True).stdout

    def keep(self, name, packages):
        """Records what was unpacked, last of all, so that an interrupted fetch is done again; the packages may go."""
        self.manifest[name] = sorted(package.stem for package in packages)
        self.manifest_file.write_text(json.dumps(self.manifest, indent=1) + "\n")
        for package in packages:
            package.unlink(missing_ok=True)

    def clear(self):
        """Forgets everything."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.manifest = {}

    def versions(self):
        """The versions that matter, for the report."""
        qemu = next((p for p in self.manifest.get("tools", []) if p.startswith("qemu-system-x86_")), "?")
        found = {"qemu": qemu.split("_")[1].replace("%3a", ":")}
        for name in KERNELS:
            version = self.folder / "kernels" / name / "version"
            if version.exists():
                found[name] = version.read_text()
        return found


def default_folder(root):
    """`.tools/system` of the repository."""
    return pathlib.Path(root) / ".tools" / "system"
