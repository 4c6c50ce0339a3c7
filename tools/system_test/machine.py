"""The virtual machine: QEMU with an emulated IOMMU, a root port, and behind it the card or nothing else."""

import dataclasses
import json
import os
import subprocess

from background import end
from reason import Failed
from shell import Shell

MEMORY_MIB = 1024
# Access to a simulated register may take long on a busy machine; QEMU's own limit is 5 s.
REPLY_MILLISECONDS = 120_000
END_SECONDS = 30
# On a busy machine an emulated timer is late, and a kernel that checks it as it starts takes it for broken.
KERNEL = "console=ttyS0 panic=-1 loglevel=7 no_timer_check"


@dataclasses.dataclass(frozen=True)
class Iommu:
    """One of QEMU's IOMMUs: its device, and what the guest's kernel is told."""

    device: str
    arguments: str = ""


IOMMUS = {
    # Without caching mode QEMU would not hear what the guest maps.
    "intel": Iommu("intel-iommu,intremap=on,caching-mode=on", "intel_iommu=on"),
    "virtio": Iommu("virtio-iommu-pci", "unsafe_interrupts"),
    "amd": Iommu("amd-iommu,intremap=on,dma-remap=on"),
}


def card_words(socket):
    """The served card in words of QEMU's command line."""
    device = {
        "driver": "vfio-user-pci",
        "bus": "port0",
        "socket": {"path": str(socket), "type": "unix"},
        "x-msg-timeout": REPLY_MILLISECONDS,
    }
    return ["-device", json.dumps(device)]


class Machine:
    """A running guest. Its console is in `folder/console.log`, what QEMU says in `folder/qemu.log`."""

    def __init__(self, cache, kernel, initramfs, iommu, devices, folder, sockets, append=""):
        """`devices` are words of QEMU's command line, `append` is for that of the kernel."""
        self.folder = folder
        tools = cache.folder / "tools" / "usr"
        shares = [tools / "share/qemu", tools / "share/seabios", tools / "lib/ipxe/qemu"]
        chosen = IOMMUS[iommu]
        shell = sockets / "shell"
        command = [
            *cache.tool("usr/bin/qemu-system-x86_64"),
            *(word for share in shares for word in ("-L", str(share))),
            *"-M q35 -accel tcg,thread=multi -cpu max -smp 1 -nodefaults -no-user-config -display none -no-reboot".split(),
            *("-m", f"{MEMORY_MIB}M"),
            # Shared, so that the card's process can map it.
            *("-object", f"memory-backend-memfd,id=ram,size={MEMORY_MIB}M,share=on", "-machine", "memory-backend=ram"),
            # The IOMMU before all devices that it translates for.
            *("-device", chosen.device),
            *("-device", "pcie-root-port,id=port0,bus=pcie.0,chassis=1,slot=1,addr=4.0"),
            *devices,
            *("-kernel", str(kernel / "vmlinux"), "-initrd", str(initramfs)),
            *("-append", f"{KERNEL} {chosen.arguments} {append}"),
            *("-chardev", f"file,id=console,path={folder / 'console.log'}", "-serial", "chardev:console"),
            *("-chardev", f"socket,id=shell,path={shell},server=on,wait=off", "-serial", "chardev:shell"),
            *("-monitor", "none"),
        ]
        environment = {**os.environ, "QEMU_MODULE_DIR": str(tools / "lib/x86_64-linux-gnu/qemu")}
        with open(folder / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)
        try:
            self.shell = Shell(shell, self.process, folder / "shell.log")
        except BaseException as error:
            end(self.process)
            said = (folder / "qemu.log").read_text(errors="replace").strip().splitlines()
            if isinstance(error, Failed) and said:
                raise Failed(f"{error}; QEMU's last words: {said[-1]}") from error
            raise

    def power_off(self):
        """Ends the guest as its user would; the exit code of QEMU is judged."""
        self.shell.send("poweroff -f", seconds=END_SECONDS)
        try:
            code = self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"the guest did not power off within {END_SECONDS} s") from error
        if code != 0:
            raise Failed(f"QEMU ended with {code}; see {self.folder / 'qemu.log'}")

    def kill(self):
        """Ends it whatever it is doing."""
        end(self.process)
        self.shell.close()
