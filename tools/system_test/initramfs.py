"""The guest's whole file system, as an archive that the kernel unpacks: busybox, lspci, modules, programs, the init script."""

import pathlib
import re
import subprocess

# Of this project, in the folder of the guest's binaries.
PROGRAMS = ("ferrolane", "ferrolane-guest", "ferrolane-conformance", "loopback")
# A user who isn't root, for what only shows then.
USERS = b"root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n"
HERE = pathlib.Path(__file__).parent
LIBRARY_LINE = re.compile(r"^\s*(\S+)(?: => (\S+))?(?: \(0x[0-9a-f]+\))?$")


class Archive:
    """A cpio archive of the kind "newc" (Linux, driver-api/early-userspace/buffer-format.rst)."""

    def __init__(self):
        self.data = bytearray()
        self.count = 0
        self.folders = set()

    def entry(self, name, mode, content=b"", device=(0, 0)):
        self.count += 1
        path = name.encode() + b"\0"
        numbers = (self.count, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(path), 0)
        self.data += b"070701" + b"".join(b"%08x" % number for number in numbers) + path
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += bytes(-len(self.data) % 4)

    def folder(self, path):
        if path not in self.folders and path not in ("", "."):
            self.folder(str(pathlib.PurePath(path).parent))
            self.folders.add(path)
            self.entry(path, 0o040755)

    def file(self, path, content, mode=0o755):
        self.folder(str(pathlib.PurePath(path).parent))
        self.entry(path, 0o100000 | mode, content)

    def copy(self, path, source):
        self.file(path, pathlib.Path(source).read_bytes())

    def finish(self):
        self.entry("TRAILER!!!", 0)
        return bytes(self.data)


def libraries(cache, program):
    """The shared libraries of an unpacked program, by name, as its loader finds them; its loader among them."""
    loader = cache.tool(program)
    done = subprocess.run([*loader[:3], "--list", loader[3]], capture_output=True, text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        match = LIBRARY_LINE.match(line)
        if match and match.group(2):
            found[pathlib.PurePath(match.group(1)).name] = match.group(2)
    found["ld-linux-x86-64.so.2"] = loader[0]
    return found


def build(cache, kernels, programs, into):
    """Writes the archive with the modules of `kernels` (folders) and `programs` (files, into /bin)."""
    tools = cache.tools()
    archive = Archive()
    for folder in ("proc", "sys", "dev", "tmp", "root", "bin", "etc", "share"):
        archive.folder(folder)
    # The kernel opens it for init before anything is mounted.
    archive.entry("dev/console", 0o020600, device=(5, 1))
    archive.copy("bin/busybox", tools / "usr/bin/busybox")
    archive.entry("bin/sh", 0o120777, b"busybox")
    archive.copy("bin/lspci", tools / "usr/bin/lspci")
    for name, path in libraries(cache, "usr/bin/lspci").items():
        archive.copy(f"lib64/{name}", path)
    for folder in kernels:
        version = (folder / "version").read_text()
        for path in sorted((folder / "modules").iterdir()):
            archive.file(f"lib/modules/{version}/{path.name}", path.read_bytes(), 0o644)
    for program in programs:
        archive.copy(f"bin/{program.name}", program)
    archive.file("etc/passwd", USERS, 0o644)
    archive.copy("init", HERE / "guest" / "init")
    # Not compressed: under emulation unpacking takes longer than loading more.
    into.write_bytes(archive.finish())
