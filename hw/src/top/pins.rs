//! The page on the card's pins: names, directions and widths from the emitted Verilog, meanings from the tables here.

/// Pins of one purpose.
struct Group {
    title: &'static str,
    doc: &'static str,
    /// Name of the stream whose pins, those of [`STREAM_PINS`], belong here.
    stream: Option<&'static str>,
    /// Other pins and what they mean.
    pins: &'static [(&'static str, &'static str)],
}

/// The pins of each stream: the part of the name behind the stream's and what it means.
const STREAM_PINS: [(&str, &str); 7] = [
    ("data", "payload, byte 0 in bits 7:0"),
    ("hdr", "TLP header; counts with the first beat"),
    ("keep", "DWORDs of `data` that hold payload"),
    ("first", "first beat of a TLP"),
    ("last", "last beat of a TLP"),
    ("valid", "a beat is offered; does not fall inside a TLP"),
    ("ready", "the beat is taken if it is valid"),
];

const GROUPS: &[Group] = &[
    Group {
        title: "Clock and reset",
        doc: "",
        stream: None,
        pins: &[("clk", "clock"), ("rst", "synchronous reset, active high")],
    },
    Group {
        title: "`rx_req`: requests of the host",
        doc: "Memory reads, memory writes, and anything else that is no completion.",
        stream: Some("rx_req"),
        pins: &[
            ("rx_req_error", "counts with the last beat: the TLP is to be discarded"),
            ("rx_req_bar", "BAR that was hit; counts with the first beat"),
            ("rx_req_func", "function that is meant; not used, there is one function"),
            ("rx_np_ok", "low: no further non-posted request may begin; looked at with the first beat of one"),
        ],
    },
    Group {
        title: "`rx_cpl`: completions for the engine's reads",
        doc: "`rx_cpl_ready` is always high: room is reserved before a read is issued.",
        stream: Some("rx_cpl"),
        pins: &[("rx_cpl_error", "counts with the last beat: the TLP is to be discarded")],
    },
    Group {
        title: "`tx_wr`: memory writes",
        doc: "Data, completion records and interrupts, kept in order.",
        stream: Some("tx_wr"),
        pins: &[
            ("tx_wr_error", "counts with the last beat: the TLP is to be nullified; never raised so far"),
            ("tx_wr_seq", "number of the write, modulo 64; counts with the first beat"),
            ("tx_sent_valid", "pulse: the write `tx_sent_seq` can no longer be passed; one for each, nullified ones too, in order"),
            ("tx_sent_seq", "number of that write"),
        ],
    },
    Group {
        title: "`tx_rd`: memory reads",
        doc: "Descriptors and data.",
        stream: Some("tx_rd"),
        pins: &[("tx_rd_error", "counts with the last beat: the TLP is to be nullified; never raised so far")],
    },
    Group {
        title: "`tx_cpl`: completions for the host's reads",
        doc: "",
        stream: Some("tx_cpl"),
        pins: &[("tx_cpl_error", "counts with the last beat: the TLP is to be nullified; never raised so far")],
    },
    Group {
        title: "Configuration and status",
        doc: "What the hard block's configuration space says.",
        stream: None,
        pins: &[
            ("cfg_link_up", "the data link is up; while it is 0 reads and writes are taken and discarded, and nothing of them may be sent later"),
            ("cfg_link_speed", "generation: 1 is 2.5 GT/s, 3 is 8 GT/s"),
            ("cfg_link_width", "lanes"),
            ("cfg_requester_id", "bus 15:8, device 7:3, function 2:0"),
            ("cfg_mps", "Max_Payload_Size: 128 << n bytes"),
            ("cfg_mrrs", "Max_Read_Request_Size: 128 << n bytes"),
            ("cfg_rcb", "Read Completion Boundary: 0 is 64 bytes, 1 is 128 bytes; only shown in LINK"),
            ("cfg_ext_tag", "Extended Tag Field Enable"),
            ("cfg_tag10", "10-Bit Tag Requester Enable; not used yet"),
            ("cfg_bus_master", "Bus Master Enable; low: no read and no write begins, interrupts included"),
            ("cfg_ro_enable", "Enable Relaxed Ordering; not used yet, the attribute is never set on a request"),
            ("cfg_ns_enable", "Enable No Snoop; not used yet, the attribute is never set on a request"),
            ("cfg_cpl_timeout", "Completion Timeout Value of Device Control 2; 15 while Completion Timeout Disable is set"),
            ("cfg_d0", "the function is in D0; not used yet"),
            ("cfg_msix_enable", "MSI-X Enable"),
            ("cfg_msix_mask", "MSI-X Function Mask"),
            ("cfg_fc_ph", "free transmit credits, posted headers; not used yet, like the five below"),
            ("cfg_fc_pd", "posted data, units of 16 bytes"),
            ("cfg_fc_nph", "non-posted headers"),
            ("cfg_fc_npd", "non-posted data, units of 16 bytes"),
            ("cfg_fc_cplh", "completion headers"),
            ("cfg_fc_cpld", "completion data, units of 16 bytes"),
            ("cfg_flr_request", "a Function Level Reset was asked for; held until `cfg_flr_ack`, then low for a clock at least"),
            ("cfg_flr_ack", "pulse: the function is reset"),
            ("cfg_trans_pending", "a read of the engine is unanswered"),
        ],
    },
    Group {
        title: "Demo card",
        doc: "",
        stream: None,
        pins: &[("card_stop", "a bit per H2C queue: the card takes nothing from it; for tests")],
    },
];

const INTRODUCTION: &str = "\
# Pins of the card

Generated from `hw/src/top` by `make generate`; do not edit.

Module `MODULE`: the engine and the demo card's loopback behind one flat port, as the simulator and outside test benches
see it. Directions are the module's. Board adapters are to wrap it; there are none yet.

`hdr` holds DW0 in bits 31:0, DW1 in 63:32 and so on, each DW as a number (Fmt and Type in 31:24 of DW0, PCIe Base Spec
2.2.1); DW3 is 0 in 3-DW headers. Payload starts at lane 0, byte 0 lowest. `keep` has a bit per DWORD: all ones but in the
last beat, contiguous from bit 0; 0 on a TLP without payload, which is one beat with `first` and `last`. A beat moves in a
clock in which `valid` and `ready` are both high. Two TLPs never share a beat.
";

/// A port of a Verilog module.
#[derive(Debug, PartialEq, Eq)]
pub struct Pin {
    /// Its name.
    pub name: String,
    /// An output of the module; else an input.
    pub output: bool,
    /// Bits.
    pub width: u32,
}

/// The ports that `module` declares in `verilog`, in order. Understands what rust-hdl emits: one declaration a line.
pub fn pins(verilog: &str, module: &str) -> Vec<Pin> {
    let start = format!("module {module}(");
    verilog
        .lines()
        .skip_while(|line| !line.trim_start().starts_with(&start))
        .take_while(|line| !line.trim_start().starts_with("endmodule"))
        .filter_map(pin)
        .collect()
}

fn pin(line: &str) -> Option<Pin> {
    let mut words = line.trim().trim_end_matches(';').split_whitespace();
    let output = match words.next()? {
        "input" => false,
        "output" => true,
        _ => return None,
    };
    let mut width = 1;
    let mut name = None;
    for word in words {
        match word.strip_prefix('[').and_then(|w| w.strip_suffix(":0]")) {
            Some(msb) => width = msb.parse::<u32>().ok()? + 1,
            None => name = Some(word),
        }
    }
    Some(Pin { name: name?.to_string(), output, width })
}

/// The page, in Markdown.
///
/// # Errors
/// A pin without a meaning, or a meaning without a pin.
pub fn pins_page(module: &str, pins: &[Pin]) -> Result<String, String> {
    let mut told = vec![];
    let mut text = INTRODUCTION.replace("MODULE", module);
    for group in GROUPS {
        text.push_str(&format!("\n## {}\n\n", group.title));
        if !group.doc.is_empty() {
            text.push_str(&format!("{}\n\n", group.doc));
        }
        text.push_str("| pin | direction | bits | meaning |\n| --- | --- | --- | --- |\n");
        let stream =
            group.stream.iter().flat_map(|s| STREAM_PINS.map(|(pin, doc)| (format!("{s}_{pin}"), doc)));
        for (name, doc) in stream.chain(group.pins.iter().map(|(name, doc)| (name.to_string(), *doc))) {
            let Some(pin) = pins.iter().find(|pin| pin.name == name) else {
                return Err(format!("{module} has no pin `{name}`, which hw/src/top/pins.rs tells of"));
            };
            let direction = if pin.output { "out" } else { "in" };
            text.push_str(&format!("| `{name}` | {direction} | {} | {doc} |\n", pin.width));
            told.push(name);
        }
    }
    match pins.iter().find(|pin| !told.contains(&pin.name)) {
        Some(pin) => Err(format!("the pin `{}` of {module} has no meaning in hw/src/top/pins.rs", pin.name)),
        None => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VERILOG: &str = "module other(a);\n    input a;\nendmodule\n\nmodule top(clk,d,q);\n    // Module arguments\n    \
        input wire  clk;\n    input wire [127:0] d;\n    output reg [3:0] q;\n    wire [1:0] inner;\nendmodule // top\n\
        module last(z);\n    input z;\nendmodule\n";

    #[test]
    fn ports_are_read_with_direction_and_width() {
        let pin = |name: &str, output, width| Pin { name: name.into(), output, width };
        let found = pins(VERILOG, "top");
        assert_eq!(found, [pin("clk", false, 1), pin("d", false, 128), pin("q", true, 4)]);
    }

    #[test]
    fn every_pin_of_the_card_is_told_and_none_more() {
        let card = pins(&crate::top::card_verilog(), crate::top::CARD_MODULE);
        pins_page("card", &card).unwrap();
        assert!(pins_page("card", &card[1..]).unwrap_err().contains("no pin `clk`"));
        let more = card.into_iter().chain(pins(VERILOG, "other")).collect::<Vec<_>>();
        assert!(pins_page("card", &more).unwrap_err().contains("`a` of card has no meaning"));
    }
}
