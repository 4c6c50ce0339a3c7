//! The words of a preset, each with its help, in one table.

use crate::analyser::trigger::{self, Trigger};
use crate::faults;
use crate::options::{FaultPolicy, IovaRange, Options, OptionsError, Pump, Split};
use crate::units::picoseconds;

/// One option of a preset.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like.
    pub value: &'static str,
    /// What it does.
    pub help: &'static str,
    set: fn(&mut Options, &str) -> Result<(), String>,
}

macro_rules! keys {
    ($($name:literal = $value:literal, $help:literal, $set:expr;)*) => {
        /// All options but the link, which is a word of its own such as `gen3x8`.
        pub const KEYS: &[Key] = &[$(Key { name: $name, value: $value, help: $help, set: $set }),*];
    };
}

keys! {
    "latency" = "TIME", "read latency at the card without load; contains the link's delay both ways",
        |o, v| { o.latency_ps = picoseconds(v)?; Ok(()) };
    "jitter" = "TIME", "most that is added to the latency, uniform",
        |o, v| { o.jitter_ps = picoseconds(v)?; Ok(()) };
    "delay" = "TIME", "delay of the link one way", |o, v| { o.delay_ps = picoseconds(v)?; Ok(()) };
    "clock" = "TIME", "clock period of the card, at least 100ps", |o, v| {
        o.period_ps = picoseconds(v)?;
        if o.period_ps < 100 { Err(format!("{v} is below 100ps")) } else { Ok(()) }
    };
    "mps" = "BYTES", "Max_Payload_Size: 128 to 1024",
        |o, v| { o.mps = one_of(v, &[128, 256, 512, 1024])?; Ok(()) };
    "mrrs" = "BYTES", "Max_Read_Request_Size: 128 to 4096",
        |o, v| { o.mrrs = one_of(v, &[128, 256, 512, 1024, 2048, 4096])?; Ok(()) };
    "rcb" = "BYTES", "Read Completion Boundary: 64 or 128", |o, v| { o.rcb = one_of(v, &[64, 128])?; Ok(()) };
    "exttag" = "on|off", "Extended Tag Field Enable", |o, v| { o.ext_tag = switch(v)?; Ok(()) };
    "split" = "max|rcb|random", "where answers to reads are cut", |o, v| {
        o.split = word(v, &[("max", Split::Max), ("rcb", Split::Rcb), ("random", Split::Random)])?;
        Ok(())
    };
    "reorder" = "PERCENT", "completions after which another read goes on", |o, v| { o.reorder = percent(v)?; Ok(()) };
    "throttle" = "PERCENT", "clocks in which transmit streams are held off",
        |o, v| { o.throttle = percent(v)?; if o.throttle > 90 { Err("90 is the most".into()) } else { Ok(()) } };
    "reads" = "N", "reads that the root complex works on at a time",
        |o, v| { o.reads = range(v, 1, 1024)?; Ok(()) };
    "ph" = "N", "posted header credits of the root complex, 1 to 127",
        |o, v| { o.host_credits.header[0] = range(v, 1, 127)?; Ok(()) };
    "pd" = "N", "posted data credits of the root complex, 16 bytes each, up to 2047",
        |o, v| { o.host_credits.data[0] = range(v, 1, 2047)?; Ok(()) };
    "nph" = "N", "non-posted header credits of the root complex, 1 to 127",
        |o, v| { o.host_credits.header[1] = range(v, 1, 127)?; Ok(()) };
    "cplh" = "N", "completion header credits of the root complex, 0 is without limit",
        |o, v| { o.host_credits.header[2] = range(v, 0, 127)?; Ok(()) };
    "cpld" = "N", "completion data credits of the root complex, 0 is without limit",
        |o, v| { o.host_credits.data[2] = range(v, 0, 2047)?; Ok(()) };
    "card_ph" = "N", "posted header credits of the card's hard block",
        |o, v| { o.card_credits.header[0] = range(v, 1, 127)?; Ok(()) };
    "card_pd" = "N", "posted data credits of the card's hard block",
        |o, v| { o.card_credits.data[0] = range(v, 1, 2047)?; Ok(()) };
    "card_nph" = "N", "non-posted header credits of the card's hard block",
        |o, v| { o.card_credits.header[1] = range(v, 1, 127)?; Ok(()) };
    "iova" = "both|low|high", "addresses on offer: below 4 GiB, above, or both", |o, v| {
        o.iova = word(v, &[("both", IovaRange::Both), ("low", IovaRange::Low), ("high", IovaRange::High)])?;
        Ok(())
    };
    "faults" = "record|fail", "what an access without a mapping does", |o, v| {
        o.faults = word(v, &[("record", FaultPolicy::Record), ("fail", FaultPolicy::Fail)])?;
        Ok(())
    };
    "fault" = "KIND@WHEN", "a fault on purpose, as in fetch-ur@2 or link-down@20us+5us; may be given several times",
        |o, v| { o.plan.push(faults::text::parse(v)?); Ok(()) };
    "cpl_timeout" = "TIME", "longest wait for a completion that Device Control 2 asks for, or default", |o, v| {
        o.cpl_timeout = word(v, CPL_TIMEOUTS)?;
        Ok(())
    };
    "seed" = "N", "seed of all that is random",
        |o, v| { o.seed = v.parse().map_err(|_| format!("{v:?} is no number of 64 bits"))?; Ok(()) };
    "init" = "random|zero", "power-up state of registers and memories", |o, v| {
        o.randomize = word(v, &[("random", true), ("zero", false)])?;
        Ok(())
    };
    "mmio_timeout" = "TIME", "when an unanswered host read returns all ones",
        |o, v| { o.mmio_timeout_ps = picoseconds(v)?; Ok(()) };
    "trace" = "FILE.fst", "write a waveform", |o, v| { o.trace = Some(v.into()); Ok(()) };
    "tlps" = "FILE", "write a log of TLPs, a line each", |o, v| { o.tlps = Some(v.into()); Ok(()) };
    "break" = "KIND[@PLACE]", "stop at TLPs, as in up-mrd#2 or msix or down-mwr@bar0+0x20000; may be given several times",
        |o, v| { o.breaks.push(Trigger::parse(v)?); Ok(()) };
    "pump" = "none|thread", "who runs the clock: the driver's calls, or a thread while there is work", |o, v| {
        o.pump = word(v, &[("none", Pump::Stepped), ("thread", Pump::Thread)])?;
        Ok(())
    };
}

/// Completion Timeout Values by the end of their range (PCIe Base Spec 7.5.3.16).
const CPL_TIMEOUTS: &[(&str, u8)] = &[
    ("default", 0b0000),
    ("100us", 0b0001),
    ("10ms", 0b0010),
    ("55ms", 0b0101),
    ("210ms", 0b0110),
    ("900ms", 0b1001),
    ("3.5s", 0b1010),
    ("13s", 0b1101),
    ("64s", 0b1110),
];

/// All options on one line, for error messages.
pub fn choices() -> String {
    let keys: Vec<String> = KEYS.iter().map(|key| format!("{}={}", key.name, key.value)).collect();
    format!("gen<1-5>x<1|2|4|8|16>, {}", keys.join(", "))
}

/// All options with their help, a line each.
pub fn help() -> String {
    let mut text = format!("  {:<26} {}\n", "gen<1-5>x<1|2|4|8|16>", "the link; default gen3x4");
    for key in KEYS {
        text.push_str(&format!("  {:<26} {}\n", format!("{}={}", key.name, key.value), key.help));
    }
    text + &trigger::help() + &faults::text::help()
}

/// Applies one word.
///
/// # Errors
/// [`OptionsError::Unknown`] or [`OptionsError::Value`].
pub fn apply(options: &mut Options, text: &str) -> Result<(), OptionsError> {
    let Some((name, value)) = text.split_once('=') else {
        (options.generation, options.lanes) = link(text)?;
        return Ok(());
    };
    let key = KEYS
        .iter()
        .find(|key| key.name == name)
        .ok_or_else(|| OptionsError::Unknown { word: name.into() })?;
    (key.set)(options, value).map_err(|reason| OptionsError::Value { key: name.into(), reason })
}

/// Generation and lanes of a link such as `gen3x8`.
///
/// # Errors
/// [`OptionsError::Unknown`] or [`OptionsError::Value`].
pub fn link(text: &str) -> Result<(u8, u8), OptionsError> {
    let unknown = || OptionsError::Unknown { word: text.into() };
    let (generation, lanes) = text.strip_prefix("gen").and_then(|t| t.split_once('x')).ok_or_else(unknown)?;
    let (generation, lanes) =
        (generation.parse().map_err(|_| unknown())?, lanes.parse().map_err(|_| unknown())?);
    if !(1..=5).contains(&generation) || ![1, 2, 4, 8, 16].contains(&lanes) {
        return Err(OptionsError::Value {
            key: text.into(),
            reason: "a link is gen1 to gen5 with x1, x2, x4, x8 or x16".into(),
        });
    }
    Ok((generation, lanes))
}

fn one_of(text: &str, choices: &[u32]) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|n| choices.contains(n))
        .ok_or_else(|| format!("{text:?} is none of {}", list(choices.iter())))
}

fn range(text: &str, least: u32, most: u32) -> Result<u32, String> {
    text.parse()
        .ok()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| format!("{text:?} is no number from {least} to {most}"))
}

fn percent(text: &str) -> Result<u8, String> {
    range(text.strip_suffix('%').unwrap_or(text), 0, 100).map(|n| n as u8)
}

fn switch(text: &str) -> Result<bool, String> {
    word(text, &[("on", true), ("off", false)])
}

fn word<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices
        .iter()
        .find(|choice| choice.0 == text)
        .map(|choice| choice.1)
        .ok_or_else(|| format!("{text:?} is none of {}", list(choices.iter().map(|choice| choice.0))))
}

fn list<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|item| item.to_string()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_preset() {
        let o = Options::parse(
            "sim:gen3x8,latency=1us,seed=7,jitter=100ns,split=random,reorder=25%,mps=512,mrrs=1024",
        )
        .unwrap();
        assert_eq!((o.generation, o.lanes, o.latency_ps, o.seed, o.jitter_ps), (3, 8, 1_000_000, 7, 100_000));
        assert_eq!((o.split, o.reorder, o.mps, o.mrrs), (Split::Random, 25, 512, 1024));
        let o = Options::parse("sim:pump=thread,trace=a.fst,iova=high,rcb=128").unwrap();
        assert_eq!((o.pump, o.iova, o.rcb), (Pump::Thread, IovaRange::High, 128));
        let o = Options::parse("sim:cpl_timeout=100us,fault=ur@3,fault=link-down@1us+2us").unwrap();
        assert_eq!((o.cpl_timeout, o.plan.len()), (1, 2));
        let o =
            Options::parse("sim:trace=a.b.fst,tlps=log,break=msix#2,break=up-mwr@0x1000..0x2000").unwrap();
        assert_eq!((o.trace.as_deref(), o.breaks.len()), (Some("a.b.fst".as_ref()), 2));
        let o = o.again(2);
        assert_eq!(
            (o.trace.as_deref(), o.tlps.as_deref()),
            (Some("a.b.2.fst".as_ref()), Some("log.2".as_ref()))
        );
    }

    #[test]
    fn the_default_is_the_documented_link() {
        let o = Options::parse("sim").unwrap();
        assert_eq!(o, Options::default());
        assert_eq!((o.generation, o.lanes, o.mps, o.mrrs, o.rcb), (3, 4, 256, 512, 64));
        assert_eq!((o.latency_ps, o.period_ps), (500_000, 4_000));
    }

    #[test]
    fn errors_name_the_choices() {
        let text = |s: &str| Options::parse(s).unwrap_err().to_string();
        assert!(text("0000:01:00.0").contains("sim:gen3x8"));
        assert!(text("simulator").contains("starts with `sim`"));
        assert!(text("sim:speed=9").contains("latency=TIME"), "{}", text("sim:speed=9"));
        assert!(text("sim:fast").contains("gen<1-5>"));
        assert!(text("sim:gen6x4").contains("gen1 to gen5"));
        assert!(text("sim:gen3x3").contains("x16"));
        assert!(text("sim:mps=300").contains("128, 256, 512, 1024"));
        assert!(text("sim:split=odd").contains("max, rcb, random"));
        assert!(text("sim:latency=500").contains("ps, ns, us"));
        assert!(text("sim:reorder=101").contains("0 to 100"));
        assert!(text("sim:mps=1024,pd=16").contains("64 credits"));
        assert!(text("sim:cpl_timeout=1ms").contains("default, 100us, 10ms"));
        assert!(text("sim:fault=ur").contains("simulator option fault"));
        assert!(text("sim:break=read").contains("simulator option break: \"read\" is no kind"));
    }

    #[test]
    fn every_key_is_documented_once() {
        for (i, key) in KEYS.iter().enumerate() {
            assert!(!key.help.is_empty() && !key.value.is_empty());
            assert!(KEYS[..i].iter().all(|other| other.name != key.name), "{} twice", key.name);
        }
    }
}
