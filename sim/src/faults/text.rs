//! Faults as text: `KIND@WHEN`, as in `fetch-ur@2`, `late-cpl@3+200us`, `poison@1%`, `link-down@20us+5us`.

use std::fmt;

use super::plan::{CompletionFault, CompletionKind, Fault, Target, TimedFault, TimedKind, When};
use crate::tlp::{STATUS_CA, STATUS_CRS, STATUS_UR};
use crate::units::picoseconds;

/// A status that no specification defines.
const STATUS_RESERVED: u8 = 7;
/// By how much Byte Count is off.
const COUNT_OFF: i16 = 4;

/// Kinds of completion faults but `late-cpl`, each with what it does.
pub const KINDS: &[(&str, CompletionKind, &str)] = &[
    ("drop-cpl", CompletionKind::Drop, "never arrives"),
    ("drop-answer", CompletionKind::DropAnswer, "nor anything else of its read"),
    ("ur", CompletionKind::Status(STATUS_UR), "Unsupported Request, ends its read"),
    ("ca", CompletionKind::Status(STATUS_CA), "Completer Abort, ends its read"),
    ("crs", CompletionKind::Status(STATUS_CRS), "status 2, ends its read"),
    ("reserved", CompletionKind::Status(STATUS_RESERVED), "status 7, ends its read"),
    ("poison", CompletionKind::Poison, "EP is set"),
    ("no-data", CompletionKind::NoData, "success without data, ends its read"),
    ("error-data", CompletionKind::ErrorData, "data with status UR, ends its read"),
    ("short", CompletionKind::Short, "the last DWORD is missing, ends its read"),
    ("too-much", CompletionKind::TooMuch, "more data than asked for, ends its read"),
    ("byte-count", CompletionKind::ByteCount(COUNT_OFF), "Byte Count is too large by 4"),
    ("lower-address", CompletionKind::LowerAddress, "Lower Address is off by 4"),
    ("unknown-tag", CompletionKind::UnknownTag, "one with a foreign tag before it"),
    ("wrong-requester", CompletionKind::WrongRequester, "one for another requester before it"),
    ("duplicate", CompletionKind::Duplicate, "comes twice; counts only a read's last ones"),
    ("port-error", CompletionKind::PortError, "`error` at the port, then again"),
    ("port-lost", CompletionKind::PortLost, "`error` at the port, and never again"),
];
/// Kinds at a time, each with what it does.
const TIMED: &[(&str, TimedKind, &str)] = &[
    ("credits-zero", TimedKind::CreditsZero, "the root complex has no credits"),
    ("link-down", TimedKind::LinkDown, "the link is down, without +TIME for good"),
    ("bme-off", TimedKind::BusMasterOff, "Bus Master Enable is off"),
    ("flr", TimedKind::Flr, "somebody resets the function; takes no +TIME"),
];
/// Those that carry a number.
const TIMED_NUMBERS: &[(&str, &str)] = &[
    ("mps-BYTES", "Max_Payload_Size changes"),
    ("mrrs-BYTES", "Max_Read_Request_Size changes"),
    ("retrain-genGxN", "the link retrains to this speed and width"),
];
const LATE: &str = "late-cpl";

/// Reads one fault.
///
/// # Errors
/// A sentence with cause and remedy.
pub fn parse(text: &str) -> Result<Fault, String> {
    let bare = text.split(['@', '%']).next().unwrap_or_default();
    if let Some(kind) = timed_kind(bare)? {
        return timed(text, kind).map(Fault::Timed);
    }
    completion(text, bare).map(Fault::Completion)
}

/// All kinds with their help, a line each.
pub fn help() -> String {
    let mut text = String::from(
        "faults of completions: KIND@N the Nth, KIND@N..M, KIND@N.. or KIND%P with a chance of P percent;\n\
         with fetch- or data- in front only of reads of descriptors or of data\n",
    );
    let mut line = |name: &str, help: &str| text.push_str(&format!("  {name:<26} {help}\n"));
    KINDS.iter().for_each(|kind| line(kind.0, kind.2));
    line("late-cpl@N+TIME", "it and the rest of its read come so much later");
    text.push_str("faults at a time: KIND@TIME since power-up, or KIND@TIME+DURATION\n");
    let mut line = |name: &str, help: &str| text.push_str(&format!("  {name:<26} {help}\n"));
    TIMED.iter().for_each(|kind| line(kind.0, kind.2));
    TIMED_NUMBERS.iter().for_each(|kind| line(kind.0, kind.1));
    text
}

fn choices() -> String {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.0).chain([LATE]).collect();
    let timed: Vec<&str> =
        TIMED.iter().map(|kind| kind.0).chain(TIMED_NUMBERS.iter().map(|kind| kind.0)).collect();
    format!(
        "of completions {}, each also with fetch- or data- in front; at a time {}",
        names.join(", "),
        timed.join(", ")
    )
}

fn completion(text: &str, bare: &str) -> Result<CompletionFault, String> {
    let (target, name) = if let Some(name) = bare.strip_prefix("fetch-") {
        (Target::Fetch, name)
    } else if let Some(name) = bare.strip_prefix("data-") {
        (Target::Data, name)
    } else {
        (Target::Any, bare)
    };
    let when = &text[bare.len()..];
    let (kind, when) = if name == LATE {
        let lacks = || format!("{text:?} lacks the delay: {bare}@N+TIME, as in {bare}@3+200us");
        let (when, delay) = when.split_once('+').ok_or_else(lacks)?;
        (CompletionKind::Late(picoseconds(delay)?), when)
    } else {
        let known = KINDS.iter().find(|kind| kind.0 == name).map(|kind| kind.1);
        (known.ok_or_else(|| format!("{bare:?} is no fault; there are: {}", choices()))?, when)
    };
    Ok(CompletionFault { kind, target, when: numbers(text, bare, when)?, within: None })
}

/// `@N`, `@N..`, `@N..M` or `%P`.
fn numbers(text: &str, bare: &str, when: &str) -> Result<When, String> {
    if let Some(percent) = when.strip_prefix('%') {
        return match percent.parse() {
            Ok(percent @ 1..=100) => Ok(When::Percent(percent)),
            _ => Err(format!("{text:?}: {percent:?} is no chance from 1 to 100, as in {bare}%5")),
        };
    }
    let example = format!("say which with {bare}@3, {bare}@3..5, {bare}@3.. or {bare}%5");
    let Some(when) = when.strip_prefix('@') else {
        return Err(format!("{text:?} does not say which completions: {example}"));
    };
    let (first, last) = when.split_once("..").unwrap_or((when, when));
    let number = |word: &str| {
        let number = word.parse().ok().filter(|n: &u64| *n > 0);
        number.ok_or_else(|| format!("{text:?}: {word:?} is no number from 1 on; {example}"))
    };
    let first = number(first)?;
    let last = if last.is_empty() { u64::MAX } else { number(last)? };
    if last < first {
        return Err(format!("{text:?} ends before it begins; {example}"));
    }
    Ok(When::Nth { first, last })
}

fn timed_kind(name: &str) -> Result<Option<TimedKind>, String> {
    if let Some(kind) = TIMED.iter().find(|kind| kind.0 == name) {
        return Ok(Some(kind.1));
    }
    let bytes = |text: &str, most: u32| {
        let bytes = text.parse().ok().filter(|n: &u32| n.is_power_of_two() && (128..=most).contains(n));
        bytes.ok_or_else(|| format!("{name:?}: {text:?} is no power of two from 128 to {most}"))
    };
    if let Some(size) = name.strip_prefix("mps-") {
        return Ok(Some(TimedKind::Mps(bytes(size, ferrolane_abi::pci::MAX_PAYLOAD_SUPPORTED)?)));
    }
    if let Some(size) = name.strip_prefix("mrrs-") {
        return Ok(Some(TimedKind::Mrrs(bytes(size, 4096)?)));
    }
    if let Some(link) = name.strip_prefix("retrain-") {
        let (generation, lanes) = crate::preset::link(link).map_err(|error| error.to_string())?;
        return Ok(Some(TimedKind::Retrain(generation, lanes)));
    }
    Ok(None)
}

fn timed(text: &str, kind: TimedKind) -> Result<TimedFault, String> {
    let lacks =
        || format!("{text:?} does not say when: KIND@TIME or KIND@TIME+DURATION, as in bme-off@20us+5us");
    let (_, when) = text.split_once('@').ok_or_else(lacks)?;
    let (at, lasts) = match when.split_once('+') {
        Some((at, lasts)) => (at, Some(lasts)),
        None => (when, None),
    };
    if kind == TimedKind::Flr && lasts.is_some() {
        return Err(format!("{text:?}: a reset lasts as long as the card takes; leave the duration away"));
    }
    let for_ps = lasts.map(picoseconds).transpose()?;
    Ok(TimedFault { kind, at_ps: picoseconds(at)?, for_ps })
}

/// A duration in the largest unit that leaves no fraction.
fn time(ps: u64) -> String {
    let units = [(1_000_000_000_000, "s"), (1_000_000_000, "ms"), (1_000_000, "us"), (1_000, "ns")];
    let unit = units.into_iter().find(|unit| ps.is_multiple_of(unit.0)).unwrap_or((1, "ps"));
    format!("{}{}", ps / unit.0, unit.1)
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Completion(fault) => fault.fmt(f),
            Fault::Timed(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for CompletionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.target {
            Target::Any => "",
            Target::Fetch => "fetch-",
            Target::Data => "data-",
        })?;
        match KINDS.iter().find(|kind| kind.1 == self.kind) {
            Some(kind) => f.write_str(kind.0)?,
            None if matches!(self.kind, CompletionKind::Late(_)) => f.write_str(LATE)?,
            None => write!(f, "{:?}", self.kind)?,
        }
        match self.when {
            When::Percent(percent) => write!(f, "%{percent}")?,
            When::Nth { first, last: u64::MAX } => write!(f, "@{first}..")?,
            When::Nth { first, last } if first == last => write!(f, "@{first}")?,
            When::Nth { first, last } => write!(f, "@{first}..{last}")?,
        }
        if let CompletionKind::Late(ps) = self.kind {
            write!(f, "+{}", time(ps))?;
        }
        match &self.within {
            Some(range) => write!(f, " within {range:#x?}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for TimedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            TimedKind::CreditsZero => f.write_str("credits-zero")?,
            TimedKind::LinkDown => f.write_str("link-down")?,
            TimedKind::BusMasterOff => f.write_str("bme-off")?,
            TimedKind::Flr => f.write_str("flr")?,
            TimedKind::Mps(bytes) => write!(f, "mps-{bytes}")?,
            TimedKind::Mrrs(bytes) => write!(f, "mrrs-{bytes}")?,
            TimedKind::Retrain(generation, lanes) => write!(f, "retrain-gen{generation}x{lanes}")?,
        }
        write!(f, "@{}", time(self.at_ps))?;
        self.for_ps.map_or(Ok(()), |ps| write!(f, "+{}", time(ps)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_alike() {
        for (text, again) in [
            ("drop-cpl@3", "drop-cpl@3"),
            ("fetch-ur@1..4", "fetch-ur@1..4"),
            ("data-poison@7..", "data-poison@7.."),
            ("ca%5", "ca%5"),
            ("data-late-cpl@3+200us", "data-late-cpl@3+200us"),
            ("credits-zero@10us+1us", "credits-zero@10us+1us"),
            ("link-down@1000ns+1.5us", "link-down@1us+1500ns"),
            ("mps-128@1us", "mps-128@1us"),
            ("mrrs-4096@1us", "mrrs-4096@1us"),
            ("retrain-gen1x1@1us", "retrain-gen1x1@1us"),
            ("flr@2us", "flr@2us"),
        ] {
            let fault = parse(text).unwrap();
            assert_eq!(fault.to_string(), again);
            assert_eq!(parse(again).unwrap(), fault);
        }
        for kind in KINDS {
            assert_eq!(parse(&format!("{}@1", kind.0)).unwrap().to_string(), format!("{}@1", kind.0));
        }
    }

    #[test]
    fn errors_name_cause_limit_and_remedy() {
        for (text, words) in [
            ("explode@1", ["\"explode\" is no fault", "drop-cpl", "link-down"]),
            ("ur", ["does not say which", "ur@3", "ur%5"]),
            ("ur@0", ["\"0\"", "from 1 on", "ur@3..5"]),
            ("ur@5..2", ["ends before it begins", "ur@3..5", "ur@3.."]),
            ("ur%0", ["no chance", "1 to 100", "ur%5"]),
            ("late-cpl@3", ["lacks the delay", "late-cpl@N+TIME", "200us"]),
            ("late-cpl@3+fast", ["no duration", "us", "500ns"]),
            ("bme-off", ["does not say when", "KIND@TIME", "bme-off@20us+5us"]),
            ("flr@1us+1us", ["a reset lasts", "leave", "duration"]),
            ("mps-100@1us", ["100", "power of two", "128 to 1024"]),
            ("retrain-gen9x4@1us", ["gen9x4", "gen1 to gen5", "x16"]),
        ] {
            let error = parse(text).unwrap_err();
            assert!(words.iter().all(|word| error.contains(word)), "{text}: {error}");
        }
    }
}
