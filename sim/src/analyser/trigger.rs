//! What to stop at, as text: `KIND[@[barN+]FROM[..TO]][#N]`, as in `up-mrd`, `down-mwr@bar0+0x20000..0x20400`, `msix#3`.

use std::fmt;
use std::ops::Range;

use ferrolane_abi::map;

use super::Surroundings;
use crate::control::Direction;
use crate::iommu::MSI_WINDOW;
use crate::tlp::{Kind, Tlp, STATUS_SC};

/// Kinds of TLPs; `up` is from the card to the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Any,
    Read(Direction),
    Write(Direction),
    Completion(Direction),
    Interrupt,
    Error,
}

/// All kinds, each with what it means.
const KINDS: &[(&str, What, &str)] = &[
    ("tlp", What::Any, "every TLP"),
    ("up-mrd", What::Read(Direction::ToHost), "a read of the card"),
    ("up-mwr", What::Write(Direction::ToHost), "a write of the card, interrupts among them"),
    ("up-cpl", What::Completion(Direction::ToHost), "a completion of the card for a read of the host"),
    ("down-mrd", What::Read(Direction::ToCard), "a read of the host"),
    ("down-mwr", What::Write(Direction::ToCard), "a write of the host"),
    ("down-cpl", What::Completion(Direction::ToCard), "a completion for a read of the card"),
    ("msix", What::Interrupt, "an interrupt of the card"),
    ("error", What::Error, "a completion with an error status or a poisoned TLP, either way"),
];

/// Something to stop at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trigger {
    what: What,
    /// Bytes whose DWORDs a request has, whatever its byte enables, and the BAR that they are an offset in.
    place: Option<(Option<u8>, Range<u64>)>,
    /// Only the one with this number, from 1 on.
    only: Option<u64>,
    seen: u64,
    text: String,
}

impl Trigger {
    /// Reads one.
    ///
    /// # Errors
    /// A sentence with cause and remedy.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (rest, only) = match text.split_once('#') {
            Some((rest, number)) => {
                let number = number.parse().ok().filter(|n: &u64| *n > 0);
                (rest, Some(number.ok_or_else(|| format!("{text:?}: behind # stands a number from 1 on"))?))
            }
            None => (text, None),
        };
        let (kind, place) = match rest.split_once('@') {
            Some((kind, place)) => (kind, Some(parse_place(text, place)?)),
            None => (rest, None),
        };
        let names = || KINDS.iter().map(|kind| kind.0).collect::<Vec<_>>().join(", ");
        let what = KINDS.iter().find(|known| known.0 == kind).map(|known| known.1);
        let what = what.ok_or_else(|| format!("{kind:?} is no kind of TLP; there are: {}", names()))?;
        if place.is_some() && matches!(what, What::Completion(_)) {
            return Err(format!("{text:?}: completions have no address; name the read instead"));
        }
        Ok(Trigger { what, place, only, seen: 0, text: text.into() })
    }

    /// Whether to stop at a TLP. Counts.
    pub fn hits(&mut self, direction: Direction, tlp: &Tlp, around: Surroundings<'_>) -> bool {
        if !(self.is_kind(direction, tlp) && self.is_there(tlp, around)) {
            return false;
        }
        self.seen += 1;
        self.only.is_none_or(|only| only == self.seen)
    }

    fn is_kind(&self, direction: Direction, tlp: &Tlp) -> bool {
        let (hdr, kind) = (&tlp.hdr, tlp.hdr.kind());
        let completion = hdr.is_completion();
        match self.what {
            What::Any => true,
            What::Read(of) => direction == of && matches!(kind, Kind::Read(_)),
            What::Write(of) => direction == of && matches!(kind, Kind::Write(_)),
            What::Completion(of) => direction == of && completion,
            What::Interrupt => {
                direction == Direction::ToHost
                    && matches!(kind, Kind::Write(_))
                    && MSI_WINDOW.contains(&hdr.address())
            }
            What::Error => hdr.ep() || completion && hdr.status() != STATUS_SC,
        }
    }

    fn is_there(&self, tlp: &Tlp, around: Surroundings<'_>) -> bool {
        let Some((bar, wanted)) = &self.place else { return true };
        if tlp.hdr.is_completion() {
            return false;
        }
        let first = tlp.hdr.address();
        let first = match bar {
            None => first,
            Some(bar) => match around.offset(first) {
                Some((hit, offset)) if hit == *bar => offset,
                _ => return false,
            },
        };
        // A TLP may end with the last byte of the address space.
        first < wanted.end && wanted.start <= first.saturating_add(4 * tlp.hdr.length() as u64 - 1)
    }
}

impl fmt::Display for Trigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// All kinds with their help, a line each.
pub fn help() -> String {
    let mut text = String::from(
        "to stop at: KIND, KIND@FROM..TO for requests of DWORDs with these bytes (TO not among them), KIND@FROM, with bar0+ or bar2+ before FROM\n\
         an offset in the BAR; behind it #N for the Nth alone\n",
    );
    for (name, _, help) in KINDS {
        text.push_str(&format!("  {name:<26} {help}\n"));
    }
    text
}

fn parse_place(whole: &str, text: &str) -> Result<(Option<u8>, Range<u64>), String> {
    let example = "as in up-mwr@0x10000000..0x10001000 or down-mwr@bar0+0x20000";
    let (bar, numbers) = match text.split_once('+') {
        None => (None, text),
        Some(("bar0", numbers)) => (Some(map::BAR), numbers),
        Some(("bar2", numbers)) => (Some(map::USER_BAR), numbers),
        Some((other, _)) => return Err(format!("{whole:?}: {other:?} is neither bar0 nor bar2; {example}")),
    };
    let number = |word: &str| {
        let number = match word.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => word.parse().ok(),
        };
        number.ok_or_else(|| format!("{whole:?}: {word:?} is no address; {example}"))
    };
    let range = match numbers.split_once("..") {
        Some((from, to)) => number(from)?..number(to)?,
        // The last byte of the address space stands for the one before it: both are of one DWORD.
        None => number(numbers).map(|from| from.min(u64::MAX - 1)).map(|from| from..from + 1)?,
    };
    if range.is_empty() {
        return Err(format!("{whole:?} ends before it begins; {example}"));
    }
    Ok((bar, range))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checker::queues::Queues;
    use crate::config_space::{Build, ConfigSpace, USER_BAR_BASE};
    use crate::options::Options;
    use crate::tlp::{Header, Pool, STATUS_UR};
    use Direction::{ToCard, ToHost};

    /// Which of these TLPs a trigger stops at.
    fn stops(text: &str, tlps: &[(Direction, Header)]) -> Vec<usize> {
        let queues = Queues::new();
        let mut config = ConfigSpace::new(&Options::default(), Build { vectors: 1, user_registers: true });
        config.firmware();
        let around = Surroundings { config: &config, queues: &queues };
        let mut trigger = Trigger::parse(text).unwrap();
        assert_eq!(trigger.to_string(), text);
        let mut pool = Pool::default();
        let mut hits =
            |(direction, hdr): &(Direction, Header)| trigger.hits(*direction, &pool.take(*hdr), around);
        tlps.iter().enumerate().filter(|(_, tlp)| hits(tlp)).map(|(i, _)| i).collect()
    }

    fn request(write: bool, address: u64, dws: usize) -> Header {
        Header::memory(write, 0x100, 9, address, dws, (15, if dws > 1 { 15 } else { 0 }))
    }

    #[test]
    fn kinds_places_and_numbers() {
        let mut poisoned = Header::completion(0, 0x100, 9, 0, 64, 0, 16, 0);
        poisoned.0[0] |= 1 << 14;
        let tlps = [
            (ToHost, request(false, 0x1000, 16)),
            (ToHost, request(true, 0x1040, 16)),
            (ToHost, request(true, MSI_WINDOW.start, 1)),
            (ToCard, request(true, 0xE002_0004, 1)),
            (ToCard, request(false, USER_BAR_BASE + 0x10, 1)),
            (ToCard, Header::completion(0, 0x100, 9, 0, 64, 0, 16, 0)),
            (ToCard, Header::completion(0, 0x100, 9, STATUS_UR, 64, 0, 0, 0)),
            (ToCard, poisoned),
            (ToHost, Header::completion(0x100, 0, 1, 0, 4, 0, 1, 0)),
        ];
        let is = |text, wanted: &[usize]| assert_eq!(stops(text, &tlps), wanted, "{text}");
        is("tlp", &[0, 1, 2, 3, 4, 5, 6, 7, 8]);
        is("up-mrd", &[0]);
        is("up-mwr", &[1, 2]);
        is("up-cpl", &[8]);
        is("down-mrd", &[4]);
        is("down-mwr", &[3]);
        is("down-cpl", &[5, 6, 7]);
        is("msix", &[2]);
        is("error", &[6, 7]);
        is("down-cpl#2", &[6]);
        is("tlp@0x103f..0x1041", &[0, 1]);
        is("tlp@0x1040", &[1]);
        is("tlp@0x1080", &[]);
        is("up-mwr@0x1000..0x2000#1", &[1]);
        is("down-mwr@bar0+0x20004", &[3]);
        is("down-mwr@bar0+0x20000..0x20004", &[]);
        is("down-mrd@bar2+16", &[4]);
        is("down-mrd@bar0+16", &[]);
        let last =
            [(ToHost, request(false, u64::MAX - 3, 1)), (ToHost, request(false, u64::MAX - 4095, 1024))];
        assert_eq!(stops("up-mrd@0xffffffffffffffff", &last), [0, 1]);
        assert_eq!(stops("up-mrd@0xfffffffffffffff0..0xfffffffffffffff4", &last), [1]);
    }

    #[test]
    fn errors_name_cause_and_remedy() {
        let is = |text, part: &str| {
            let error = Trigger::parse(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        };
        is("mwr", "there are: tlp, up-mrd");
        is("", "there are: tlp");
        is("up-cpl@0x10", "completions have no address");
        is("up-mwr@", "no address; as in");
        is("up-mwr@0x10..0x10", "ends before it begins");
        is("down-mwr@bar1+0x10", "neither bar0 nor bar2");
        is("msix#0", "a number from 1 on");
        assert!(KINDS.iter().all(|kind| help().contains(kind.0)));
    }
}
