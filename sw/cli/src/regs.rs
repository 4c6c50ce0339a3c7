//! `ferrolane regs`: registers by name, straight from the ABI table.

use anyhow::Result;
use ferrolane::Device;
use ferrolane_abi::map::{self, Direction};
use ferrolane_abi::regs::{global, queue};
use ferrolane_abi::table::{Access, Field, Register};
use serde::Serialize;

use crate::args::{Args, RegsArgs};
use crate::exit::Usage;
use crate::{device, output, units};

/// A place to read or write: a DWORD of BAR0 and perhaps one field of it.
struct Target {
    label: String,
    offset: u64,
    /// `None` for an offset, of which the table may know nothing.
    register: Option<&'static Register>,
    field: Option<&'static Field>,
}

#[derive(Serialize)]
struct Done {
    operation: &'static str,
    name: String,
    offset: u64,
    value: u32,
}

/// Runs the operations in order, after all of them were found to be possible.
pub fn run(args: &Args, options: &RegsArgs) -> Result<()> {
    let opened = device::open(&args.device, false)?;
    let device = &opened.device;
    let queues = |d| device.parameters().queues(d);
    let mut plan = vec![];
    for operation in &options.operations {
        if operation == "list" {
            plan.extend(all(device).into_iter().map(|t| (t, None)));
            continue;
        }
        let (name, value) = match operation.split_once('=') {
            Some((name, value)) => (name, Some(parse_value(value)?)),
            None => (operation.as_str(), None),
        };
        let target = target(name, &queues)?;
        if let Some(value) = value {
            check_write(&target, value)?;
        }
        plan.push((target, value));
    }
    let mut done = vec![];
    for (target, value) in plan {
        done.push(perform(device, target, value)?);
    }
    if args.json {
        #[derive(Serialize)]
        struct Body {
            operations: Vec<Done>,
        }
        return output::json("regs", &Body { operations: done });
    }
    let line = |d: &Done| {
        let arrow = if d.operation == "write" { "<-" } else { "= " };
        format!("{:<28} {:#07x} {arrow} {:#010x}\n", d.name, d.offset, d.value)
    };
    output::print(&done.iter().map(line).collect::<String>())
}

fn parse_value(text: &str) -> Result<u32> {
    match units::parse_number(text).map(u32::try_from) {
        Some(Ok(value)) => Ok(value),
        Some(Err(_)) => {
            Err(Usage(format!("`{text}` is too wide for a register of 32 bits, up to 0xffffffff")).into())
        }
        None => Err(Usage(format!("`{text}` is not a value; write decimal or 0x hexadecimal")).into()),
    }
}

/// Refuses what would have no effect or another than was asked for.
fn check_write(target: &Target, value: u32) -> Result<()> {
    let name = &target.label;
    let writable = match (target.register, target.field) {
        (_, Some(field)) => field.access != Access::Ro,
        (Some(register), None) => register.fields.iter().any(|field| field.access != Access::Ro),
        (None, None) => true,
    };
    if !writable {
        return Err(Usage(format!("{name} is read-only; give it without a value to read it")).into());
    }
    match target.field {
        Some(field) if value > field.get(u32::MAX) => {
            let most = field.get(u32::MAX);
            Err(Usage(format!(
                "{value:#x} does not fit {name}, which has {} bits: up to {most:#x}",
                field.width
            ))
            .into())
        }
        _ => Ok(()),
    }
}

fn perform(device: &Device, target: Target, value: Option<u32>) -> Result<Done> {
    let Target { label: name, offset, register, field } = target;
    let Some(value) = value else {
        let register = device.read32(offset)?;
        let value = field.map_or(register, |f| f.get(register));
        return Ok(Done { operation: "read", name, offset, value });
    };
    let bits = match field {
        None => value,
        Some(field) => {
            // A one that is written back to a neighbour that hardware sets would clear it.
            let cleared_by_one = register.map_or(0, |r| r.mask(Access::W1c));
            device.read32(offset)? & !cleared_by_one & !field.mask() | field.put(value)
        }
    };
    device.write32(offset, bits)?;
    Ok(Done { operation: "write", name, offset, value })
}

/// Every register of the card.
fn all(device: &Device) -> Vec<Target> {
    let at = |prefix: String, base: u64, registers: &'static [Register]| -> Vec<Target> {
        registers
            .iter()
            .map(|r| Target {
                label: format!("{prefix}{}", r.name),
                offset: base + u64::from(r.offset),
                register: Some(r),
                field: None,
            })
            .collect()
    };
    let mut list = at(String::new(), map::GLOBAL_PAGE, global::REGISTERS);
    for direction in [Direction::H2c, Direction::C2h] {
        for q in 0..device.parameters().queues(direction) {
            let prefix = format!("{}{q}.", direction.name());
            list.extend(at(prefix, map::queue_regs(direction, q), queue::REGISTERS));
        }
    }
    list
}

/// Understands `NAME`, `NAME.FIELD`, `H2C0.NAME`, `C2H0.NAME.FIELD` and BAR0 offsets.
fn target(name: &str, queues: &dyn Fn(Direction) -> u32) -> Result<Target> {
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        return match units::parse_number(name) {
            Some(offset) if offset % 4 == 0 && offset < map::BAR0_BYTES => {
                Ok(Target { label: format!("BAR0+{offset:#x}"), offset, register: None, field: None })
            }
            _ => Err(Usage(format!(
                "`{name}` is not a register offset: a multiple of 4 below {:#x}",
                map::BAR0_BYTES
            ))
            .into()),
        };
    }
    let upper = name.to_ascii_uppercase();
    let mut parts: Vec<&str> = upper.split('.').collect();
    let (base, registers) = match queue_prefix(parts[0]) {
        None => (map::GLOBAL_PAGE, global::REGISTERS),
        Some((direction, index)) => {
            let count = queues(direction);
            if index >= count {
                let text = format!(
                    "there is no {} queue {index}: the card has {count}, numbered from 0",
                    direction.name()
                );
                return Err(Usage(text).into());
            }
            parts.remove(0);
            (map::queue_regs(direction, index), queue::REGISTERS)
        }
    };
    let unknown = || Usage(format!("there is no register `{name}`; `ferrolane regs list` shows all"));
    let register = parts.first().and_then(|n| registers.iter().find(|r| r.name == *n)).ok_or_else(unknown)?;
    let field = match parts.get(1) {
        None => None,
        Some(field) => Some(register.fields.iter().find(|f| f.name == *field).ok_or_else(|| {
            let names: Vec<_> = register.fields.iter().map(|f| f.name).collect();
            Usage(format!("{} has no field `{field}`; it has {}", register.name, names.join(", ")))
        })?),
    };
    if parts.len() > 2 {
        return Err(unknown().into());
    }
    Ok(Target { label: upper, offset: base + u64::from(register.offset), register: Some(register), field })
}

fn queue_prefix(text: &str) -> Option<(Direction, u32)> {
    let direction = [Direction::H2c, Direction::C2h].into_iter().find(|d| text.starts_with(d.name()))?;
    Some((direction, text[direction.name().len()..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_writes_that_take_effect_are_allowed() {
        let check = |name: &str, value| check_write(&target(name, &|_| 4).unwrap(), value);
        assert!(check("SCRATCH", u32::MAX).is_ok());
        assert!(check("0x0", 1).is_ok());
        let error = |name: &str, value| check(name, value).unwrap_err().to_string();
        assert!(error("MAGIC", 1).contains("read-only"));
        assert!(error("C2H0.STATUS.IDLE", 1).contains("read-only"));
        assert!(error("H2C0.CTRL.RUN", 2).contains("1 bits: up to 0x1"));
    }

    use super::*;

    fn at(name: &str) -> Result<(u64, Option<&'static str>)> {
        target(name, &|_| 4).map(|t| (t.offset, t.field.map(|f| f.name)))
    }

    #[test]
    fn names_become_offsets() {
        assert_eq!(at("SCRATCH").unwrap(), (0x40, None));
        assert_eq!(at("link.speed").unwrap(), (0x4C, Some("SPEED")));
        assert_eq!(at("H2C0.CTRL").unwrap(), (0x10000, None));
        assert_eq!(at("C2H3.STATUS.IDLE").unwrap(), (0x14304, Some("IDLE")));
        assert_eq!(at("0x44").unwrap(), (0x44, None));
    }

    #[test]
    fn wrong_names_are_refused() {
        for bad in ["NOTHING", "LINK.NOTHING", "H2C4.CTRL", "0x43", "0x80000", "SCRATCH.VALUE.X", ""] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}
