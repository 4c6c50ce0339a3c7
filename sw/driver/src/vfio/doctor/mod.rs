//! What keeps a card from being used, in the order in which it has to be mended.
//!
//! VFIO answers most obstacles with a bare errno, or not at all. So everything that an open needs is looked up, and
//! each finding says how it is, how it has to be and which command makes it so. This stands in the driver and not in
//! the command, since [`VfioTransport::open`](super::VfioTransport::open) asks the same questions before it opens
//! ([`obstacle`]), and since programs with an installer or a status page of their own want the answers too.
//!
//! Nothing is changed, with one exception: if all else is well, the function is opened to read BAR0. The kernel
//! resets a function that is opened through VFIO, where it can; one that somebody has open is left alone.

mod bus;
mod limits;
mod open;
mod report;
#[cfg(test)]
mod tests;

use super::host::Host;
use super::sysfs::{Function, Ids};
use super::PciAddress;
use crate::transport::TransportError;
pub(super) use bus::bar as bar_check;
pub(super) use open::{group as group_check, iommu as iommu_check, module_missing};
pub use report::{Blame, Check, CheckResult, Finding, Report};

/// What a check looks at.
enum Look {
    /// The host alone.
    Host(fn(&Host) -> CheckResult),
    /// The function.
    Function(fn(&Function<'_>) -> CheckResult),
}

/// A check, and those that must not have failed before it makes sense.
struct Step {
    name: &'static str,
    after: &'static [&'static str],
    look: Look,
}

const fn host(name: &'static str, look: fn(&Host) -> CheckResult) -> Step {
    Step { name, after: &[], look: Look::Host(look) }
}

const fn function(
    name: &'static str,
    after: &'static [&'static str],
    look: fn(&Function<'_>) -> CheckResult,
) -> Step {
    Step { name, after, look: Look::Function(look) }
}

/// Name of the check that the function is there.
const FUNCTION: &str = "function";

/// All checks behind that of the function itself, in order.
const STEPS: [Step; 16] = [
    function("answers", &[], bus::answers),
    function("power", &["answers"], bus::power),
    function("link", &["answers"], bus::link),
    function("bar", &["answers"], bus::bar),
    function("bus_master", &["answers"], bus::bus_master),
    function("reset", &["answers"], bus::reset),
    function("iommu", &[], open::iommu),
    function("interrupt_remapping", &["iommu"], limits::interrupt_remapping),
    host("module", open::module),
    function("driver", &["module"], open::driver),
    function("group", &["iommu"], open::group),
    function("node", &["iommu", "driver"], open::node),
    function("in_use", &["iommu", "driver"], open::in_use),
    host("memlock", limits::memlock),
    host("huge_pages", limits::huge_pages),
    function("abi", &[], open::abi),
];

/// Examines the function at `address`, or each that has the product's ids.
pub fn examine(host: &Host, address: Option<PciAddress>) -> Vec<Report> {
    if address.is_some() {
        return vec![examine_one(host, address)];
    }
    let ours = |a: &PciAddress| Function::find(host, *a).is_some_and(|f| f.is_ours());
    let found: Vec<_> = host.functions().into_iter().filter(ours).collect();
    match found.is_empty() {
        true => vec![examine_one(host, None)],
        false => found.into_iter().map(|address| examine_one(host, Some(address))).collect(),
    }
}

fn examine_one(host: &Host, address: Option<PciAddress>) -> Report {
    let found = address.and_then(|address| Function::find(host, address));
    let first = match (&found, address) {
        (Some(function), _) => bus::identity(function),
        (None, address) => bus::missing(address).failed(),
    };
    let mut report = Report { address, checks: vec![Check { name: FUNCTION, result: first }] };
    for step in &STEPS {
        let result = match (&step.look, &found) {
            (Look::Host(look), _) => look(host),
            (Look::Function(_), None) => CheckResult::Skipped(because(FUNCTION)),
            (Look::Function(look), Some(function)) => match blocked(&report, step) {
                Some(why) => CheckResult::Skipped(why),
                None => look(function),
            },
        };
        report.checks.push(Check { name: step.name, result });
    }
    report
}

fn because(name: &str) -> String {
    format!("{} has to be mended first", name.replace('_', " "))
}

/// Why a step is not taken.
fn blocked(report: &Report, step: &Step) -> Option<String> {
    if step.name == "abi" {
        if let Some((name, _)) = report.failures().next() {
            return Some(because(name));
        }
        return match report.result("in_use") {
            Some(CheckResult::Warning(_)) => Some("somebody has it open".into()),
            _ => None,
        };
    }
    step.after.iter().find_map(|name| match report.result(name) {
        Some(CheckResult::Failed(_)) => Some(because(name)),
        Some(CheckResult::Skipped(why)) => Some(why.clone()),
        _ => None,
    })
}

/// The first thing that keeps VFIO from opening the function, as an error.
pub(super) fn obstacle(host: &Host, address: PciAddress) -> Result<Function<'_>, TransportError> {
    let Some(function) = Function::find(host, address) else {
        return Err(TransportError::NoDevice(bus::missing(Some(address)).sentence()));
    };
    for look in [open::iommu, open::driver, open::group, open::node] {
        if let CheckResult::Failed(finding) = look(&function) {
            return Err(TransportError::Permission(format!("{address}: {}", finding.sentence())));
        }
    }
    Ok(function)
}

/// The option that has a function of other ids bound.
fn force(function: &Function<'_>) -> &'static str {
    match function.ids() {
        Some(Ids::OURS) => "",
        _ => " --force",
    }
}
