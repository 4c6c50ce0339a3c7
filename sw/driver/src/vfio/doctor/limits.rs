//! Checks of what the host allows, whichever function it is.

use super::report::{Blame, CheckResult, Finding};
use crate::memlock::Memlock;
use crate::vfio::host::{text, Host};
use crate::vfio::sysfs::Function;

/// Less than this and the command's own transfers don't fit: their buffers and rings are some 600 KiB.
const LEAST_LOCKED: u64 = 1 << 20;
/// Room for the buffers of a program that keeps a fast link busy.
const ENOUGH_LOCKED: u64 = 64 << 20;

const UNSAFE_INTERRUPTS: &str = "module/vfio_iommu_type1/parameters/allow_unsafe_interrupts";

/// Interrupts are remapped. The kernel tells in the names of the interrupt controllers only (x86): a remapped one has
/// `IR-` before it.
pub(super) fn interrupt_remapping(function: &Function<'_>) -> CheckResult {
    let host = function.host;
    let interrupts = text(&host.proc.join("interrupts")).unwrap_or_default();
    let mut controllers = interrupts.split_whitespace().filter(|word| word.contains("IO-APIC"));
    let Some(controller) = controllers.next() else {
        return CheckResult::Skipped("told on x86 only".into());
    };
    if controller.starts_with("IR-") {
        return CheckResult::Ok("on".into());
    }
    let needed = "interrupt remapping, without which VFIO refuses to open (EPERM)";
    let found = "interrupts are not remapped";
    if text(&host.sysfs.join(UNSAFE_INTERRUPTS)).as_deref() == Some("Y") {
        return Finding::new(Blame::Setup, format!("{found}, and allow_unsafe_interrupts is set"), needed)
            .advise("the card can raise any interrupt of the machine: do so with cards that you trust only")
            .warning();
    }
    Finding::new(Blame::Setup, found, needed)
        .run(format!("echo Y | sudo tee /sys/{UNSAFE_INTERRUPTS}"))
        .advise(
            "better turn on interrupt remapping (with VT-d or AMD-Vi, sometimes x2APIC) in the firmware: with the \
             command the card can raise any interrupt of the machine",
        )
        .warning()
}

/// Memory may be locked.
pub(super) fn memlock(host: &Host) -> CheckResult {
    let Some(memlock) = Memlock::of_process(&host.proc) else {
        return CheckResult::Skipped("the limit can't be read".into());
    };
    let Some(limit) = memlock.limit else { return CheckResult::Ok("no limit for this user".into()) };
    let found = format!("{} KiB may be locked, {} KiB are", limit >> 10, memlock.used >> 10);
    let finding = |bytes: u64| {
        let kib = bytes >> 10;
        Finding::new(Blame::Setup, found.clone(), format!("{kib} KiB or more, for buffers that are pinned"))
            .run(format!("ulimit -l {kib}"))
            .advise(format!(
                "where that is refused: `sudo prlimit --pid $$ --memlock={bytes}`; for good `<user> - memlock {kib}` in \
                 /etc/security/limits.conf and a new login, or LimitMEMLOCK= of a service"
            ))
    };
    let left = limit.saturating_sub(memlock.used);
    match left {
        0..LEAST_LOCKED => finding(memlock.used + ENOUGH_LOCKED).failed(),
        LEAST_LOCKED..ENOUGH_LOCKED => finding(memlock.used + ENOUGH_LOCKED).warning(),
        _ => CheckResult::Ok(found),
    }
}

/// Shared memory, which buffers are, may get huge pages.
pub(super) fn huge_pages(host: &Host) -> CheckResult {
    const ATTRIBUTE: &str = "kernel/mm/transparent_hugepage/shmem_enabled";
    let Some(choices) = text(&host.sysfs.join(ATTRIBUTE)) else {
        return CheckResult::Skipped("this kernel has none for shared memory".into());
    };
    // The choice that counts stands in brackets.
    let choice = choices.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(c, _)| c);
    match choice {
        "always" | "within_size" | "advise" | "force" => CheckResult::Ok(format!("shared memory: {choice}")),
        _ => Finding::new(
            Blame::Setup,
            format!("shared memory gets none ({choice})"),
            "advise or always, for fewer IOMMU page walks with large buffers",
        )
        .run(format!("echo advise | sudo tee /sys/{ATTRIBUTE}"))
        .advise("transfers work without")
        .warning(),
    }
}
