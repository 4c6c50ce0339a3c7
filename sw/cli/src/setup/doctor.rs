//! `ferrolane doctor`.

use std::fmt::Write as _;

use anyhow::Result;
use ferrolane::vfio::{examine, CheckResult, Finding, Host, Report};
use serde::Serialize;

use super::args::DoctorArgs;
use crate::args::Args;
use crate::exit::{self, NotReady};
use crate::output::{self, json};

#[derive(Serialize)]
struct Body<'a> {
    devices: Vec<DeviceBody<'a>>,
}

#[derive(Serialize)]
struct DeviceBody<'a> {
    device: Option<String>,
    ready: bool,
    checks: Vec<CheckBody<'a>>,
}

#[derive(Serialize)]
struct CheckBody<'a> {
    check: &'a str,
    result: &'static str,
    found: Option<&'a str>,
    needed: Option<&'a str>,
    commands: &'a [String],
    advice: Option<&'a str>,
    because: Option<&'a str>,
}

/// Runs it.
pub fn doctor(args: &Args, options: &DoctorArgs) -> Result<()> {
    let address = super::address(&args.device, options.address)?;
    let reports = examine(&Host::default(), address);
    if args.json {
        json("doctor", &body(&reports))?;
    } else {
        output::print(&text(&reports))?;
    }
    verdict(&reports)
}

/// The first failure as an error.
fn verdict(reports: &[Report]) -> Result<()> {
    let mut failures =
        reports.iter().flat_map(|report| report.failures().map(move |failure| (report, failure)));
    let Some((report, (name, finding))) = failures.next() else { return Ok(()) };
    let code = exit::blame_code(finding.blame);
    let more = match failures.count() {
        0 => String::new(),
        n => format!(" ({n} more failed)"),
    };
    let text = format!("{}: {}: {}{more}", state(report), shown(name), finding.found);
    Err(NotReady { text, code }.into())
}

/// Whether it can be used, in words.
fn state(report: &Report) -> String {
    match (report.address, report.failures().next()) {
        (None, _) => "no card found".into(),
        (Some(address), None) => format!("{address} is ready"),
        (Some(address), Some(_)) => format!("{address} is not ready"),
    }
}

fn shown(name: &str) -> String {
    name.replace('_', " ")
}

fn word(result: &CheckResult) -> &'static str {
    match result {
        CheckResult::Ok(_) => "ok",
        CheckResult::Warning(_) => "warning",
        CheckResult::Failed(_) => "failed",
        CheckResult::Skipped(_) => "skipped",
    }
}

fn body(reports: &[Report]) -> Body<'_> {
    let devices = reports.iter().map(|report| DeviceBody {
        device: report.address.map(|address| address.to_string()),
        ready: report.failures().next().is_none(),
        checks: report.checks.iter().map(|check| check_body(check.name, &check.result)).collect(),
    });
    Body { devices: devices.collect() }
}

fn check_body<'a>(check: &'a str, result: &'a CheckResult) -> CheckBody<'a> {
    let mut body = CheckBody {
        check,
        result: word(result),
        found: None,
        needed: None,
        commands: &[],
        advice: None,
        because: None,
    };
    match result {
        CheckResult::Ok(found) => body.found = Some(found),
        CheckResult::Skipped(because) => body.because = Some(because),
        CheckResult::Warning(finding) | CheckResult::Failed(finding) => {
            body.found = Some(&finding.found);
            body.needed = Some(&finding.needed);
            body.commands = &finding.commands;
            body.advice = Some(finding.advice.as_str()).filter(|advice| !advice.is_empty());
        }
    }
    body
}

/// The reports for people, one behind the other.
fn text(reports: &[Report]) -> String {
    let each: Vec<String> = reports.iter().map(one).collect();
    each.join("\n")
}

fn one(report: &Report) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let found = match &check.result {
            CheckResult::Ok(found) | CheckResult::Skipped(found) => found,
            CheckResult::Warning(finding) | CheckResult::Failed(finding) => &finding.found,
        };
        let result = match word(&check.result) {
            "failed" => "FAILED",
            other => other,
        };
        line(&mut text, result, &shown(check.name), found);
        if let CheckResult::Warning(finding) | CheckResult::Failed(finding) = &check.result {
            details(&mut text, finding);
        }
    }
    let count = |wanted: &str| report.checks.iter().filter(|check| word(&check.result) == wanted).count();
    let counts = match (count("failed"), count("warning")) {
        (0, 0) => String::new(),
        (0, warnings) => format!(", {warnings} of {} checks warn", report.checks.len()),
        (failed, warnings) => {
            format!(", {failed} of {} checks failed, {warnings} warn", report.checks.len())
        }
    };
    writeln!(text, "{}{counts}", state(report)).expect("writing to a string can't fail");
    text
}

fn details(text: &mut String, finding: &Finding) {
    line(text, "", "  needed", &finding.needed);
    for command in &finding.commands {
        line(text, "", "  run", command);
    }
    if !finding.advice.is_empty() {
        line(text, "", "  note", &finding.advice);
    }
}

fn line(text: &mut String, result: &str, name: &str, value: &str) {
    writeln!(text, "{result:<8} {name:<20} {value}").expect("writing to a string can't fail");
}

#[cfg(test)]
mod tests {
    use ferrolane::mock::FakeHost;

    use super::*;

    fn reports(spoil: impl Fn(&FakeHost)) -> Vec<Report> {
        let dir = tempfile::tempdir().unwrap();
        let fake = FakeHost::healthy(dir.path());
        spoil(&fake);
        examine(&fake.host(), None)
    }

    #[test]
    fn a_healthy_card_is_ready() {
        let reports = reports(|_| {});
        let text = text(&reports);
        assert!(
            text.starts_with("ok       function             0000:03:00.0 is 1234:f1a0, a Ferrolane card\n")
        );
        assert!(text.contains("\nok       interrupt remapping  on\n"), "{text}");
        assert!(text.ends_with("\n0000:03:00.0 is ready\n"), "{text}");
        verdict(&reports).unwrap();
        let body = serde_json::to_value(body(&reports)).unwrap();
        assert_eq!(body["devices"][0]["device"], "0000:03:00.0");
        assert_eq!(body["devices"][0]["ready"], true);
        assert_eq!(body["devices"][0]["checks"][16]["check"], "abi");
    }

    #[test]
    fn a_failure_has_limit_remedy_and_code() {
        let reports = reports(|fake| fake.add_function("0000:03:00.1", "7", Some("nvme")));
        let text = text(&reports);
        let block = "
FAILED   driver               bound to the driver nvme
           needed             vfio-pci
           run                sudo ferrolane bind 0000:03:00.1
";
        assert!(text.contains(block), "{text}");
        assert!(text.contains("skipped  abi                  group has to be mended first\n"), "{text}");
        assert!(text.ends_with("\n0000:03:00.1 is not ready, 1 of 17 checks failed, 0 warn\n"), "{text}");
        let error = verdict(&reports).unwrap_err();
        assert_eq!(crate::exit::code(&error), 4);
        assert_eq!(
            error.to_string(),
            "0000:03:00.0 is not ready: group: shares IOMMU group 7 with 0000:03:00.1 (nvme) (1 more failed)"
        );
        let body = serde_json::to_value(body(&reports)).unwrap();
        let checks = body["devices"][1]["checks"].as_array().unwrap();
        let driver = checks.iter().find(|check| check["check"] == "driver").unwrap();
        assert_eq!((&driver["result"], &driver["needed"]), (&"failed".into(), &"vfio-pci".into()));
        assert_eq!(driver["commands"][0], "sudo ferrolane bind 0000:03:00.1");
        assert!(driver["advice"].is_null() && driver["because"].is_null());
    }

    #[test]
    fn codes_follow_the_table() {
        let code = |spoil: &dyn Fn(&FakeHost)| crate::exit::code(&verdict(&reports(spoil)).unwrap_err());
        assert_eq!(code(&|fake| fake.remove("sysfs/bus/pci/devices/0000:03:00.0")), 3);
        assert_eq!(code(&|fake| fake.set_config("0000:03:00.0", 0xFFFF, 0xFFFF)), 7);
        assert_eq!(code(&|fake| fake.remove("sysfs/bus/pci/drivers/vfio-pci")), 4);
    }

    #[test]
    fn a_warning_is_no_failure() {
        let reports = reports(|fake| fake.add_holder(12, "x", "dev/vfio/7"));
        assert!(text(&reports).ends_with("is ready, 1 of 17 checks warn\n"));
        verdict(&reports).unwrap();
    }
}
