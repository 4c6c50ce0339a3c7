//! The C++ class between a Verilated model and the runtime.
use std::fmt::Write;
use std::path::Path;

use crate::error::AtPath;
use crate::ports::{Direction, Port};
use crate::Error;

/// What the shim needs to know.
pub(crate) struct Shim<'a> {
    /// Verilator's class.
    pub prefix: &'a str,
    /// The factory's C symbol.
    pub factory: &'a str,
    pub clock: Option<&'a Port>,
    /// All but the clock.
    pub ports: &'a [Port],
    pub trace: bool,
}

/// Put before each generated file: see `power_up_i` in the runtime's header.
const POWER_UP: &str = "\
#include \"verilated_model.h\"
#define VL_SCOPED_RAND_RESET_I(bits, scope, salt) ::verilated_rt::power_up_i(bits)
#define VL_SCOPED_RAND_RESET_Q(bits, scope, salt) ::verilated_rt::power_up_q(bits)
#define VL_SCOPED_RAND_RESET_W(bits, out, scope, salt) ::verilated_rt::power_up_w(bits, out)
";

/// Writes the two files to compile, one for what runs at each clock and one for what runs once: few files compile
/// faster than the many that Verilator makes.
pub(crate) fn write(shim: &Shim, dir: &Path) -> Result<(), Error> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir).at(dir)? {
        let name = entry.at(dir)?.file_name().to_string_lossy().into_owned();
        if name.starts_with(shim.prefix) && name.ends_with(".cpp") {
            names.push(name);
        }
    }
    names.sort();
    let (mut fast, mut slow) = (POWER_UP.to_string(), POWER_UP.to_string());
    for name in names {
        let file = if name.ends_with("__Slow.cpp") { &mut slow } else { &mut fast };
        let _ = writeln!(file, "#include \"{name}\"");
    }
    fast.push_str(&class(shim));
    for (name, text) in [("model_fast.cpp", fast), ("model_slow.cpp", slow)] {
        let path = dir.join(name);
        std::fs::write(&path, text).at(&path)?;
    }
    Ok(())
}

fn class(shim: &Shim) -> String {
    let (mut inputs, mut outputs) = (String::new(), String::new());
    let (mut in_at, mut out_at) = (0, 0);
    for port in shim.ports {
        match port.direction {
            Direction::Input => {
                put(port, in_at, &mut inputs);
                in_at += port.words();
            }
            Direction::Output => {
                get(port, out_at, &mut outputs);
                out_at += port.words();
            }
        }
    }
    let (low, high) = match shim.clock {
        Some(port) => (
            format!("        m_top.{} = 0;\n", port.cpp),
            format!("        m_top.{} = 1;\n        m_top.eval();\n", port.cpp),
        ),
        None => (String::new(), String::new()),
    };
    let (member, dump) = if shim.trace {
        (
            "    std::unique_ptr<VerilatedFstC> m_trace;\n",
            "        if (m_trace) m_trace->dump(context()->time());\n",
        )
    } else {
        ("", "")
    };
    let trace = if shim.trace { TRACE } else { NO_TRACE };
    let include = if shim.trace { "#include \"verilated_fst_c.h\"\n" } else { "" };
    let ever = if shim.trace { " context()->traceEverOn(true); " } else { "" };
    let (prefix, factory) = (shim.prefix, shim.factory);
    format!(
        "\n{include}\nnamespace {{\n
class Shim final : public ::verilated_rt::Model {{
    {prefix} m_top;
{member}
public:
    explicit Shim(const ::verilated_rt::Settings& settings) : Model{{settings}}, m_top{{context()}} {{{ever}}}
    ~Shim() override {{ do_trace_close(); }}

protected:
    void clock([[maybe_unused]] const std::uint32_t* in, [[maybe_unused]] std::uint32_t* out) override {{
{inputs}{low}        m_top.eval();
{outputs}{dump}        half_period(false);
{high}{dump}        half_period(true);
    }}
{trace}}};

}}  // namespace

extern \"C\" ::verilated_rt::Model* {factory}(const ::verilated_rt::Settings* settings) noexcept {{
    return ::verilated_rt::create(
        [](const ::verilated_rt::Settings& s) -> ::verilated_rt::Model* {{ return new Shim{{s}}; }}, *settings);
}}
"
    )
}

const TRACE: &str = "
    bool do_trace_open(const std::string& path) override {
        do_trace_close();
        m_trace.reset(new VerilatedFstC);
        m_top.trace(m_trace.get(), 99);
        m_trace->open(path.c_str());
        if (m_trace->isOpen()) return true;
        m_trace.reset();
        return false;
    }
    void do_trace_flush() override {
        if (m_trace) m_trace->flush();
    }
    void do_trace_close() override {
        if (m_trace) m_trace->close();
        m_trace.reset();
    }
";

const NO_TRACE: &str = "
    bool do_trace_open(const std::string&) override { return false; }
    void do_trace_flush() override {}
    void do_trace_close() override {}
";

/// Words to port. Verilator wants the bits beyond the width to be 0.
fn put(port: &Port, at: usize, code: &mut String) {
    let (name, width) = (&port.cpp, port.width);
    let mask = |bits: u32| if bits.is_multiple_of(32) { u32::MAX } else { (1 << (bits % 32)) - 1 };
    let _ = match width {
        0..=32 => writeln!(code, "        m_top.{name} = in[{at}] & {:#x}u;", mask(width)),
        33..=64 => writeln!(
            code,
            "        m_top.{name} = in[{at}] | static_cast<QData>(in[{}] & {:#x}u) << 32;",
            at + 1,
            mask(width)
        ),
        _ => (0..port.words()).try_for_each(|i| {
            let bits = if i + 1 == port.words() { mask(width) } else { u32::MAX };
            writeln!(code, "        m_top.{name}[{i}] = in[{}] & {bits:#x}u;", at + i)
        }),
    };
}

/// Port to words.
fn get(port: &Port, at: usize, code: &mut String) {
    let name = &port.cpp;
    let _ = match port.width {
        0..=32 => writeln!(code, "        out[{at}] = m_top.{name};"),
        33..=64 => writeln!(
            code,
            "        out[{at}] = static_cast<std::uint32_t>(m_top.{name});\n        out[{}] = static_cast<std::uint32_t>(m_top.{name} >> 32);",
            at + 1
        ),
        _ => (0..port.words()).try_for_each(|i| writeln!(code, "        out[{}] = m_top.{name}[{i}];", at + i)),
    };
}
