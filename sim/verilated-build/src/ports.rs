//! Ports of the top module, from the header of the class that Verilator made of it.
use crate::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Input,
    Output,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Port {
    /// As in the Verilog.
    pub name: String,
    /// As in the C++ class.
    pub cpp: String,
    pub direction: Direction,
    pub width: u32,
}

impl Port {
    pub fn words(&self) -> usize {
        (self.width as usize).div_ceil(32)
    }
}

/// Finds lines like `VL_IN8(&valid,0,0);` and `VL_OUTW(&data,127,0,4);`.
pub(crate) fn parse(model: &str, header: &str) -> Result<Vec<Port>, Error> {
    let mut ports = Vec::new();
    for line in header.lines() {
        let line = line.trim();
        let Some((macro_name, rest)) = line.strip_prefix("VL_").and_then(|l| l.split_once("(&")) else {
            continue;
        };
        let Some(arguments) = rest.strip_suffix(");") else { continue };
        let direction = match macro_name.trim_end_matches(|c: char| c.is_ascii_digit() || c == 'W') {
            "IN" => Direction::Input,
            "OUT" => Direction::Output,
            "INOUT" => return Err(bad(model, arguments, "inout ports are not supported")),
            _ => continue,
        };
        let mut fields = arguments.split(',');
        let cpp = fields.next().unwrap_or_default();
        let mut number = || fields.next().and_then(|f| f.trim().parse::<u32>().ok());
        let (Some(msb), Some(lsb)) = (number(), number()) else {
            return Err(bad(model, arguments, "its width can't be read from Verilator's header"));
        };
        let name = decode(cpp);
        if name.contains('$') {
            return Err(bad(
                model,
                &name,
                "`$` in a name is not supported; make the top a wrapper with flat ports",
            ));
        }
        ports.push(Port { name, cpp: cpp.into(), direction, width: msb.abs_diff(lsb) + 1 });
    }
    Ok(ports)
}

fn bad(model: &str, port: &str, why: &'static str) -> Error {
    Error::Port { model: model.into(), port: port.into(), why }
}

/// Undoes Verilator's `___05F` for `__` and the like, and its prefix for names that C++ reserves.
fn decode(cpp: &str) -> String {
    let mut rest = cpp.strip_prefix("__SYM__").unwrap_or(cpp);
    let mut name = String::new();
    while let Some(at) = rest.find("__0") {
        let code = rest.get(at + 3..at + 5).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match code {
            Some(byte) => {
                name.push_str(&rest[..at]);
                name.push(byte.into());
                rest = &rest[at + 5..];
            }
            None => {
                name.push_str(&rest[..at + 3]);
                rest = &rest[at + 3..];
            }
        }
    }
    name + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_width_class() {
        let header = "\
            VL_IN8(&clk,0,0);\n    VL_IN16(&h,9,0);\n    VL_IN(&w,31,0);\n    VL_IN64(&q,32,0);\n\
            \n    VL_INW(&x,127,0,4);\n    VL_OUT8(&r,0,0);\n    VL_OUTW(&y,64,0,3);\n    VL_UNCOPYABLE(Vx);\n";
        let ports = parse("m", header).unwrap();
        let got: Vec<_> = ports.iter().map(|p| (p.name.as_str(), p.width, p.words(), p.direction)).collect();
        use Direction::{Input, Output};
        assert_eq!(
            got,
            [
                ("clk", 1, 1, Input),
                ("h", 10, 1, Input),
                ("w", 32, 1, Input),
                ("q", 33, 2, Input),
                ("x", 128, 4, Input),
                ("r", 1, 1, Output),
                ("y", 65, 3, Output)
            ]
        );
    }

    #[test]
    fn undoes_name_mangling() {
        let ports =
            parse("m", "VL_IN8(&a___05Fb,0,0);\nVL_IN8(&__SYM__new,0,0);\nVL_IN8(&x__0zz,0,0);\n").unwrap();
        assert_eq!(ports.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["a__b", "new", "x__0zz"]);
        assert_eq!(ports[0].cpp, "a___05Fb");
    }

    #[test]
    fn refuses_what_cannot_be_a_field() {
        assert!(parse("m", "VL_INOUT8(&a,0,0);").is_err());
        assert!(parse("m", "VL_IN8(&s__024data,0,0);").is_err());
    }
}
