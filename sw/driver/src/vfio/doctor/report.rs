//! What an examination finds.

use crate::vfio::PciAddress;

/// Who is to blame for a failure; programs choose what to do by it, the command its exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// There is no such function.
    Missing,
    /// It is there and is no Ferrolane card.
    OtherCard,
    /// The host is not set up for it: a driver, a permission, a limit.
    Setup,
    /// It was there and no longer answers.
    Lost,
    /// Something else, as another version of the ABI.
    Other,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it is, and why that is so where it is known.
    pub found: String,
    /// How it has to be.
    pub needed: String,
    /// Lines for a shell that mend it, in order.
    pub commands: Vec<String>,
    /// What no command does, or what else helps; may be empty.
    pub advice: String,
    /// Who is to blame.
    pub blame: Blame,
}

impl Finding {
    pub(in crate::vfio) fn new(blame: Blame, found: impl Into<String>, needed: impl Into<String>) -> Finding {
        let (found, needed) = (found.into(), needed.into());
        Finding { found, needed, commands: Vec::new(), advice: String::new(), blame }
    }

    pub(in crate::vfio) fn run(mut self, command: impl Into<String>) -> Finding {
        self.commands.push(command.into());
        self
    }

    pub(in crate::vfio) fn advise(mut self, advice: impl Into<String>) -> Finding {
        self.advice = advice.into();
        self
    }

    pub(super) fn failed(self) -> CheckResult {
        CheckResult::Failed(self)
    }

    pub(super) fn warning(self) -> CheckResult {
        CheckResult::Warning(self)
    }

    /// All of it in a line.
    pub fn sentence(&self) -> String {
        let mut text = format!("{}; needed: {}", self.found, self.needed);
        for (i, command) in self.commands.iter().enumerate() {
            text += if i == 0 { "; run `" } else { ", then `" };
            text += &format!("{command}`");
        }
        if !self.advice.is_empty() {
            text += "; ";
            text += &self.advice;
        }
        text
    }
}

/// How a check ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// As it should be, and how it is.
    Ok(String),
    /// It works, not at its best or not for certain.
    Warning(Finding),
    /// It can't work.
    Failed(Finding),
    /// Not looked at, and why: the name of the check that has to pass first, or what can't be known.
    Skipped(String),
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Its name, of small letters and `_`.
    pub name: &'static str,
    /// How it ended.
    pub result: CheckResult,
}

/// All checks of one function, in the order in which they have to be mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The function; `None` if none was named and none found.
    pub address: Option<PciAddress>,
    /// The checks.
    pub checks: Vec<Check>,
}

impl Report {
    /// What failed, in order.
    pub fn failures(&self) -> impl Iterator<Item = (&'static str, &Finding)> {
        self.checks.iter().filter_map(|check| match &check.result {
            CheckResult::Failed(finding) => Some((check.name, finding)),
            _ => None,
        })
    }

    /// The result of a check.
    pub fn result(&self, name: &str) -> Option<&CheckResult> {
        self.checks.iter().find(|check| check.name == name).map(|check| &check.result)
    }
}
