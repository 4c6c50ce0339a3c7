"""A Debian kernel package, cut down to what the guest needs: the bare kernel and a handful of modules."""

import lzma
import pathlib
import shutil
import struct
import subprocess

from reason import Unavailable

# In the order in which they must be loaded; some are built in, or of another release, and then missing.
MODULES = [
    "virt/lib/irqbypass",
    "drivers/vfio/vfio",
    "drivers/vfio/vfio_iommu_type1",
    "drivers/vfio/vfio_virqfd",
    "drivers/vfio/pci/vfio-pci-core",
    "drivers/vfio/pci/vfio-pci",
    "drivers/iommu/virtio-iommu",
    "drivers/virtio/virtio",
    "drivers/virtio/virtio_ring",
    "drivers/virtio/virtio_pci_legacy_dev",
    "drivers/virtio/virtio_pci_modern_dev",
    "drivers/virtio/virtio_pci",
    "fs/fuse/fuse",
    "fs/fuse/virtiofs",
]


def bare(image, unpackers):
    """The ELF kernel within a bzImage: QEMU starts it directly, which saves the guest the slow unpacking."""
    # Offsets of the boot protocol (Linux, arch/x86/boot.rst): setup_sects, payload_offset, payload_length.
    setup = image[0x1F1] or 4
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[(setup + 1) * 512 + offset :][:length]
    magic = payload[:4]
    # The last four bytes are the length of what comes out, which is the kernel's own addition.
    if magic == b"\x28\xb5\x2f\xfd":
        return unpackers["zstd"](payload[:-4])
    if magic == b"\x02\x21\x4c\x18":
        return unpackers["lz4"](payload[:-4])
    return lzma.LZMADecompressor().decompress(payload)


def module(folder, name, unpackers):
    """The module without compression, or None where this kernel has none of that name."""
    unpack = {".ko": bytes, ".ko.xz": lzma.decompress, ".ko.zst": unpackers["zstd"]}
    for suffix, how in unpack.items():
        path = folder / "kernel" / (name + suffix)
        if path.exists():
            return how(path.read_bytes())
    return None


def current(folder):
    """Whether a kernel was unpacked with the list of modules as it is now."""
    wanted = folder / "wanted"
    return wanted.exists() and wanted.read_text().split() == MODULES


def unpack(package, place, unpackers):
    """Unpacks a linux-image package into `place`: `vmlinux`, `version`, `wanted`, `modules/NAME.ko` and `modules/order`.

    `unpackers` has the formats that Python's own library does not know: bytes to bytes, by name.
    """
    whole, into = (place.with_name(place.name + suffix) for suffix in (".whole", ".new"))
    for folder in (whole, into):
        shutil.rmtree(folder, ignore_errors=True)
    whole.mkdir(parents=True)
    subprocess.run(["dpkg-deb", "-x", package, whole], check=True)
    images = list((whole / "boot").glob("vmlinuz-*"))
    if len(images) != 1:
        raise Unavailable(f"{package.name} has {len(images)} kernels in it instead of one")
    version = images[0].name.removeprefix("vmlinuz-")
    places = [whole / "usr/lib/modules" / version, whole / "lib/modules" / version]
    folder = next((place for place in places if place.exists()), places[0])
    (into / "modules").mkdir(parents=True)
    order = []
    for path in MODULES:
        data = module(folder, path, unpackers)
        if data is not None:
            name = pathlib.PurePath(path).name
            (into / "modules" / f"{name}.ko").write_bytes(data)
            order.append(name)
    (into / "modules" / "order").write_text("".join(f"{name}\n" for name in order))
    (into / "version").write_text(version)
    (into / "wanted").write_text("".join(f"{path}\n" for path in MODULES))
    (into / "vmlinux").write_bytes(bare(images[0].read_bytes(), unpackers))
    shutil.rmtree(whole)
    # At once, since another run may be using the one that was there.
    shutil.rmtree(place, ignore_errors=True)
    into.rename(place)
