"""A folder of this machine in the guest: virtiofsd, which serves it to QEMU over a socket.

virtio-fs and not 9p, since Debian's cloud kernels are built without 9p (NET_9P is not set).
"""

import os
import subprocess

from background import await_socket, end

# By this name the guest's init mounts it, on /share.
TAG = "share"
EVERYONE = 2**32 - 1


class Share:
    """virtiofsd in the background; it ends with QEMU's connection, and by `kill`."""

    def __init__(self, cache, folder, sockets, log):
        self.socket = sockets / "share"
        words = [
            *cache.share(),
            *("--shared-dir", str(folder), "--socket-path", str(self.socket)),
            # It is the user's own process and folder: no namespace, which needs rights, and files in the guest belong to whoever runs this.
            *("--sandbox", "none", "--rlimit-nofile", "0"),
            *(f"--translate-{kind}=squash-guest:0:{number}:{EVERYONE}" for kind, number in (("uid", os.getuid()), ("gid", os.getgid()))),
            # What the host has just built must be what the guest loads.
            *("--cache", "never"),
        ]
        with open(log, "wb") as out:
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        await_socket(self.process, self.socket, log, f"virtiofsd, which shares {folder},")

    def words(self):
        """What QEMU is told of it. The guest's memory must be shared, as it is for the card."""
        return ["-chardev", f"socket,id=share,path={self.socket}", "-device", f"vhost-user-fs-pci,chardev=share,tag={TAG}"]

    def kill(self):
        end(self.process)
