//! One spoiled host for each finding.

use ferrolane_abi::feature;

use super::CARD;
use crate::mock::{FakeHost, Identity, MockCard};
use crate::vfio::Blame;

/// All of them.
pub fn all() -> impl Iterator<Item = Case> {
    on_the_bus().into_iter().chain(for_vfio()).chain(of_the_card())
}

pub fn set(attribute: &'static str, text: &'static str) -> impl Fn(&FakeHost) {
    move |fake| fake.write(&FakeHost::attribute(CARD, attribute), text)
}

fn write(file: &'static str, text: &'static str) -> impl Fn(&FakeHost) {
    move |fake| fake.write(file, text)
}

pub fn rebind(driver: Option<&'static str>) -> impl Fn(&FakeHost) {
    move |fake| {
        fake.remove(&FakeHost::attribute(CARD, "driver"));
        fake.remove("dev/vfio/7");
        if let Some(driver) = driver {
            fake.set_native(driver);
            fake.host().system.write(&fake.host().bus().join("drivers_probe"), CARD).unwrap();
        }
    }
}

fn memlock(limit: &'static str) -> impl Fn(&FakeHost) {
    move |fake| fake.write("proc/self/limits", &format!("Max locked memory    {limit}    {limit}    bytes\n"))
}

fn other_card(identity: Identity) -> impl Fn(&FakeHost) {
    move |fake| fake.set_card(MockCard::new(identity.clone()))
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Warning,
    Failed(Blame),
}

use Level::{Failed, Warning};

/// What is spoiled, which check finds it, how bad it is, words of the finding.
pub struct Case(
    pub &'static str,
    pub Box<dyn Fn(&FakeHost)>,
    pub &'static str,
    pub Level,
    pub &'static [&'static str],
);

fn case(
    what: &'static str,
    spoil: impl Fn(&FakeHost) + 'static,
    check: &'static str,
    level: Level,
    words: &'static [&'static str],
) -> Case {
    Case(what, Box::new(spoil), check, level, words)
}

fn on_the_bus() -> Vec<Case> {
    let config = |vendor, command| move |fake: &FakeHost| fake.set_config(CARD, vendor, command);
    vec![
        case("other ids", set("device", "0x9034\n"), "function", Warning, &["1234:9034", "1234:f1a0"]),
        case(
            "lost",
            config(0xFFFF, 0xFFFF),
            "answers",
            Failed(Blame::Lost),
            &["all ones", "sudo ferrolane rescan 0000:03:00.0"],
        ),
        case("power error", set("power_state", "error\n"), "power", Failed(Blame::Lost), &["off and on"]),
        case(
            "asleep under another driver",
            |fake| {
                rebind(Some("nvme"))(fake);
                set("power_state", "D3hot\n")(fake);
            },
            "power",
            Warning,
            &["D3hot", "power/control"],
        ),
        case(
            "slow link",
            set("current_link_speed", "2.5 GT/s PCIe\n"),
            "link",
            Warning,
            &["2.5 GT/s x4", "8 GT/s x4"],
        ),
        case("narrow link", set("current_link_width", "1\n"), "link", Warning, &["8 GT/s x1", "riser"]),
        case("link down", set("current_link_width", "0\n"), "link", Failed(Blame::Lost), &["down", "rescan"]),
        case(
            "no BAR0",
            set("resource", "0x0 0x0 0x0\n"),
            "bar",
            Failed(Blame::OtherCard),
            &["no BAR0", "512 KiB"],
        ),
        case(
            "small BAR0",
            set("resource", "0xfc000000 0xfc000fff 0x40200\n"),
            "bar",
            Failed(Blame::OtherCard),
            &["4096 bytes", "512 KiB"],
        ),
        case(
            "I/O BAR0",
            set("resource", "0xfc000000 0xfc0fffff 0x40100\n"),
            "bar",
            Failed(Blame::OtherCard),
            &["I/O space"],
        ),
        case(
            "no address",
            set("resource", "0x0 0x7ffff 0x140204\n"),
            "bar",
            Failed(Blame::Setup),
            &["no address", "rescan", "Above 4G", "pci=realloc"],
        ),
        case(
            "unset address",
            set("resource", "0x1000 0x80fff 0x20140204\n"),
            "bar",
            Failed(Blame::Setup),
            &["no address"],
        ),
        case(
            "bus master left on",
            config(0x1234, 0x0006),
            "bus_master",
            Warning,
            &["setpci -s 0000:03:00.0 COMMAND=0:4"],
        ),
        case(
            "no reset",
            set("reset_method", "\n"),
            "reset",
            Warning,
            &["no way to reset", "Function Level Reset"],
        ),
    ]
}

fn for_vfio() -> Vec<Case> {
    let no_group = |fake: &FakeHost| {
        fake.remove(&FakeHost::attribute(CARD, "iommu_group"));
        fake.remove("sysfs/kernel/iommu_groups/7");
    };
    let no_iommu = |also: &'static [(&'static str, &'static str)]| {
        move |fake: &FakeHost| {
            no_group(fake);
            also.iter().for_each(|(file, text)| fake.write(file, text));
        }
    };
    let neighbour = |fake: &FakeHost| fake.add_function("0000:03:00.1", "7", Some("nvme"));
    let setup = Failed(Blame::Setup);
    vec![
        case("IOMMU off, Intel", no_iommu(&[]), "iommu", setup, &["VT-d", "intel_iommu=on"]),
        case(
            "IOMMU off, AMD",
            no_iommu(&[("proc/cpuinfo", "vendor_id : AuthenticAMD")]),
            "iommu",
            setup,
            &["AMD-Vi"],
        ),
        case("IOMMU off, Arm", no_iommu(&[("proc/cpuinfo", "CPU part : 0xd0c")]), "iommu", setup, &["SMMU"]),
        case(
            "IOMMU turned off",
            no_iommu(&[("proc/cmdline", "quiet amd_iommu=off")]),
            "iommu",
            setup,
            &["take amd_iommu=off off"],
        ),
        case(
            "IOMMU without this slot",
            no_iommu(&[("sysfs/kernel/iommu_groups/1/type", "DMA")]),
            "iommu",
            setup,
            &["though the IOMMU is on", "another slot"],
        ),
        case(
            "no-IOMMU mode",
            write("sysfs/kernel/iommu_groups/7/name", "vfio-noiommu\n"),
            "iommu",
            setup,
            &["no-IOMMU"],
        ),
        case(
            "interrupts not remapped",
            write("proc/interrupts", "0: 5 IO-APIC 2-edge timer"),
            "interrupt_remapping",
            Warning,
            &["EPERM", "allow_unsafe_interrupts", "firmware"],
        ),
        case(
            "unsafe interrupts allowed",
            |fake| {
                fake.write("proc/interrupts", "0: 5 IO-APIC 2-edge timer");
                fake.write("sysfs/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "Y\n");
            },
            "interrupt_remapping",
            Warning,
            &["is set", "trust"],
        ),
        case(
            "no module",
            |fake| fake.remove("sysfs/bus/pci/drivers/vfio-pci"),
            "module",
            setup,
            &["sudo modprobe vfio-pci"],
        ),
        case(
            "another driver",
            rebind(Some("nvme")),
            "driver",
            setup,
            &["driver nvme", "sudo ferrolane bind 0000:03:00.0"],
        ),
        case("no driver", rebind(None), "driver", setup, &["no driver", "sudo ferrolane bind 0000:03:00.0"]),
        case(
            "a foreign neighbour",
            neighbour,
            "group",
            setup,
            &[
                "group 7 with 0000:03:00.1 (nvme)",
                "echo 0000:03:00.1 | sudo tee /sys/bus/pci/devices/0000:03:00.1/driver/unbind",
            ],
        ),
        case(
            "no container node",
            |fake| fake.remove("dev/vfio/vfio"),
            "node",
            setup,
            &["/dev/vfio/vfio does not exist", "modprobe vfio_iommu_type1"],
        ),
        case(
            "no group node",
            |fake| fake.remove("dev/vfio/7"),
            "node",
            setup,
            &["/dev/vfio/7 does not exist"],
        ),
        case(
            "container closed",
            |fake| fake.close_node("dev/vfio/vfio"),
            "node",
            setup,
            &["chmod 0666 /dev/vfio/vfio"],
        ),
        case(
            "group closed",
            |fake| fake.close_node("dev/vfio/7"),
            "node",
            setup,
            &["may not open /dev/vfio/7", "sudo chown $USER /dev/vfio/7", "udev"],
        ),
        case(
            "in use",
            |fake| fake.add_holder(4711, "ferrolane", "dev/vfio/7"),
            "in_use",
            Warning,
            &["process 4711 (ferrolane)", "kill 4711"],
        ),
        case(
            "hardly any locked memory",
            memlock("65536"),
            "memlock",
            setup,
            &["64 KiB", "ulimit -l 65536", "limits.conf"],
        ),
        case(
            "little locked memory",
            memlock("8388608"),
            "memlock",
            Warning,
            &["8192 KiB", "ulimit -l 65536"],
        ),
        case(
            "no huge pages",
            write("sysfs/kernel/mm/transparent_hugepage/shmem_enabled", "always advise [never]"),
            "huge_pages",
            Warning,
            &["never", "echo advise | sudo tee /sys/kernel/mm/transparent_hugepage/shmem_enabled"],
        ),
    ]
}

fn of_the_card() -> Vec<Case> {
    let identity = Identity::default;
    vec![
        case(
            "other content",
            other_card(Identity { magic: 0x1234, ..identity() }),
            "abi",
            Failed(Blame::OtherCard),
            &["0x00001234", "bitstream"],
        ),
        case(
            "another ABI",
            other_card(Identity { abi_version: 2 << 16, ..identity() }),
            "abi",
            Failed(Blame::Other),
            &["ABI is 2.0"],
        ),
        case(
            "no answer",
            other_card(Identity { magic: u32::MAX, ..identity() }),
            "abi",
            Failed(Blame::Lost),
            &["MAGIC", "rescan"],
        ),
        case(
            "no streams",
            other_card(Identity { features: feature::RING, ..identity() }),
            "abi",
            Failed(Blame::Other),
            &["STREAM"],
        ),
        case(
            "another layout",
            other_card(Identity { layout_hash: 5, ..identity() }),
            "abi",
            Warning,
            &["hash", "one release"],
        ),
    ]
}
