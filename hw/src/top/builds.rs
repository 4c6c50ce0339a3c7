//! What is emitted of the engine, with and without the demo card: width, queues, and the memory that goes with them.

use super::{Card, Socket};
use crate::dma::engine::Engine;
use crate::dma::queue::FLR_WAIT;
use ferrolane_abi::feature;

/// What a build of the engine alone is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Its rates are measured.
    Rate,
    /// What its C2H share loses is measured.
    Depth,
    /// It shows that other sizes work.
    Size,
}

/// A build of the engine alone.
#[derive(Clone, Copy)]
pub struct EngineBuild {
    /// What it is for.
    pub role: Role,
    /// Name of the top module.
    pub module: &'static str,
    /// Port width in bits.
    pub width: usize,
    /// Queues per direction.
    pub queues: usize,
    /// Read tags, those of descriptor fetches included.
    pub tags: usize,
    /// Bytes of a queue's share of the C2H FIFO.
    pub c2h_share: usize,
    /// Gives the Verilog.
    pub verilog: fn() -> String,
}

/// log2 of a power of two.
const fn log2(n: usize) -> usize {
    n.trailing_zeros() as usize
}

/// `QB` of a number of queues.
const fn queue_bits(queues: usize) -> usize {
    if queues < 2 {
        1
    } else {
        log2(queues)
    }
}

/// log2 of the descriptors in a queue's store: 256 and more a direction, and at least two fetches of 16 for a queue.
const fn store_bits(queues: usize) -> usize {
    if queues <= 4 {
        7
    } else if queues <= 16 {
        6
    } else {
        5
    }
}

/// Feature bits of a build with everything (1), or with the base alone (0).
const fn features(full: usize) -> usize {
    if full == 1 {
        feature::ALL as usize
    } else {
        feature::BASE as usize
    }
}

/// Bits of a line of descriptors or records: one of them, or a beat if more fit.
const fn line(width: usize) -> usize {
    if width > 128 {
        width
    } else {
        128
    }
}

/// The type of a top, from what one chooses: port width, queues per direction, tags, log2 of the bytes of FIFO per queue, of
/// the packet slots per queue, MSI-X vectors in all and of the card, whether all features are built or the base alone, and other feature bits. The rest follows, see
/// [`Engine`].
macro_rules! sized {
    ($top:ident: width $w:literal, queues $nq:literal, tags $tags:literal, share $h:literal $c:literal, slots $hp:literal $cp:literal, vectors $nv:literal $nu:literal, full $full:literal, features $features:expr $(, $card:expr)*) => {
        $top<
            $w,
            { $w / 32 },
            { $w / 8 },
            { log2($w / 8) },
            { $w + $w / 8 + 39 },
            { $w + $w / 8 },
            $nq,
            { queue_bits($nq) },
            { 2 * $nq },
            { queue_bits($nq) + 1 },
            { queue_bits($nq) + 2 },
            { queue_bits($nq) + 6 },
            { store_bits($nq) },
            { queue_bits($nq) + store_bits($nq) },
            { queue_bits($nq) + 5 },
            { line($w) },
            { line($w) / 32 },
            { line($w) / 128 },
            { queue_bits($nq) + store_bits($nq) - log2(line($w) / 128) },
            { log2($tags) },
            { log2($tags) + 1 },
            $tags,
            { $h - log2($w / 8) },
            { queue_bits($nq) + $h - log2($w / 8) },
            $hp,
            { queue_bits($nq) + $hp },
            { $hp + 1 },
            { queue_bits($nq) + $hp + 1 },
            { $c - log2($w / 8) },
            { queue_bits($nq) + $c - log2($w / 8) },
            $cp,
            { queue_bits($nq) + $cp },
            { $c + 1 },
            { line($w) / 128 },
            { queue_bits($nq) + 7 - log2(line($w) / 128) },
            $nv,
            { log2(usize::next_power_of_two($nv)) },
            $nu,
            { $nv - $nu },
            $full,
            $full,
            $full,
            $full,
            { features($full) | ($features) as usize },
            $h,
            $c,
            250_000,
            { FLR_WAIT },
            $({ $card }),*
        >
    };
}

macro_rules! builds {
    ($($role:ident $module:ident: width $w:literal, queues $nq:literal, tags $tags:literal, share $h:literal $c:literal, slots $hp:literal $cp:literal;)*) => {
        /// The builds of the engine alone.
        pub const ENGINES: &[EngineBuild] = &[$( EngineBuild {
            role: Role::$role,
            module: stringify!($module),
            width: $w,
            queues: $nq,
            tags: $tags,
            c2h_share: 1 << $c,
            verilog: || crate::emit::verilog::<
                sized!(Engine: width $w, queues $nq, tags $tags, share $h $c, slots $hp $cp, vectors 16 4, full 1, features 0)
            >(stringify!($module), Default::default),
        } ),*];
    };
}

/// The demo card: 128-bit port, 4 + 4 queues with 8 KiB of FIFO each, 16 vectors, 250 MHz.
pub type Card128 = sized!(Card: width 128, queues 4, tags 64, share 13 13, slots 6 6, vectors 16 4, full 1,
    features feature::LOOPBACK, 3, 7, 12, 14);

/// The socket for the user's own logic, otherwise as the demo card.
pub type Socket128 =
    sized!(Socket: width 128, queues 4, tags 64, share 13 13, slots 6 6, vectors 16 4, full 1, features 0);

builds! {
    Rate ferrolane_engine_w64_q4: width 64, queues 4, tags 64, share 13 13, slots 6 6;
    Rate ferrolane_engine_w128_q1: width 128, queues 1, tags 64, share 13 13, slots 6 6;
    Rate ferrolane_engine_w128_q4: width 128, queues 4, tags 64, share 13 13, slots 6 6;
    Rate ferrolane_engine_w128_q64: width 128, queues 64, tags 64, share 11 11, slots 5 6;
    Rate ferrolane_engine_w256_q4: width 256, queues 4, tags 64, share 14 14, slots 6 6;
    Rate ferrolane_engine_w256_q64: width 256, queues 64, tags 64, share 12 12, slots 5 6;
    Rate ferrolane_engine_w256_q4_t256: width 256, queues 4, tags 256, share 14 14, slots 6 6;
    Rate ferrolane_engine_w256_q64_t256: width 256, queues 64, tags 256, share 12 12, slots 5 6;
    Depth ferrolane_engine_w128_q1_1k: width 128, queues 1, tags 64, share 13 10, slots 6 6;
    Depth ferrolane_engine_w128_q1_2k: width 128, queues 1, tags 64, share 13 11, slots 6 6;
    Depth ferrolane_engine_w128_q1_4k: width 128, queues 1, tags 64, share 13 12, slots 6 6;
    Depth ferrolane_engine_w128_q1_8k: width 128, queues 1, tags 64, share 13 13, slots 6 6;
    Depth ferrolane_engine_w128_q1_16k: width 128, queues 1, tags 64, share 13 14, slots 6 7;
    Depth ferrolane_engine_w128_q1_32k: width 128, queues 1, tags 64, share 13 15, slots 6 8;
    Size ferrolane_engine_w64_q2_t32: width 64, queues 2, tags 32, share 12 12, slots 5 5;
    Size ferrolane_engine_w64_q32: width 64, queues 32, tags 32, share 11 11, slots 5 6;
    Size ferrolane_engine_w128_q16: width 128, queues 16, tags 64, share 12 12, slots 5 6;
    Size ferrolane_engine_w256_q8: width 256, queues 8, tags 64, share 13 13, slots 6 6;
}

/// A build of the engine whose area and speed are measured.
#[derive(Clone, Copy)]
pub struct SynthBuild {
    /// Name of the top module.
    pub module: &'static str,
    /// Port width in bits.
    pub width: usize,
    /// Queues per direction.
    pub queues: usize,
    /// With every feature, or the base alone.
    pub full: bool,
    /// Measured by the short run, too.
    pub default: bool,
    /// Gives the Verilog.
    pub verilog: fn() -> String,
}

macro_rules! synths {
    ($($module:ident: width $w:literal, queues $nq:literal, tags $tags:literal, share $h:literal $c:literal, slots $hp:literal $cp:literal, vectors $nv:literal $nu:literal, full $full:literal, default $default:literal;)*) => {
        /// The builds that are synthesised: 2, 8 and 64 queues in all.
        pub const SYNTHS: &[SynthBuild] = &[$( SynthBuild {
            module: stringify!($module),
            width: $w,
            queues: $nq,
            full: $full == 1,
            default: $default,
            verilog: || crate::emit::verilog::<
                sized!(Engine: width $w, queues $nq, tags $tags, share $h $c, slots $hp $cp, vectors $nv $nu, full $full, features 0)
            >(stringify!($module), Default::default),
        } ),*];
    };
}

synths! {
    engine_w64_q2_core: width 64, queues 1, tags 32, share 13 13, slots 6 6, vectors 4 1, full 0, default false;
    engine_w64_q2_full: width 64, queues 1, tags 32, share 13 13, slots 6 6, vectors 4 1, full 1, default false;
    engine_w64_q8_core: width 64, queues 4, tags 32, share 13 13, slots 6 6, vectors 16 4, full 0, default true;
    engine_w64_q8_full: width 64, queues 4, tags 32, share 13 13, slots 6 6, vectors 16 4, full 1, default false;
    engine_w64_q64_core: width 64, queues 32, tags 32, share 11 11, slots 5 6, vectors 64 4, full 0, default false;
    engine_w64_q64_full: width 64, queues 32, tags 32, share 11 11, slots 5 6, vectors 64 4, full 1, default false;
    engine_w128_q2_core: width 128, queues 1, tags 64, share 13 13, slots 6 6, vectors 4 1, full 0, default false;
    engine_w128_q2_full: width 128, queues 1, tags 64, share 13 13, slots 6 6, vectors 4 1, full 1, default false;
    engine_w128_q8_core: width 128, queues 4, tags 64, share 13 13, slots 6 6, vectors 16 4, full 0, default true;
    engine_w128_q8_full: width 128, queues 4, tags 64, share 13 13, slots 6 6, vectors 16 4, full 1, default true;
    engine_w128_q64_core: width 128, queues 32, tags 64, share 11 11, slots 5 6, vectors 64 4, full 0, default false;
    engine_w128_q64_full: width 128, queues 32, tags 64, share 11 11, slots 5 6, vectors 64 4, full 1, default false;
    engine_w256_q2_core: width 256, queues 1, tags 64, share 14 14, slots 6 6, vectors 4 1, full 0, default false;
    engine_w256_q2_full: width 256, queues 1, tags 64, share 14 14, slots 6 6, vectors 4 1, full 1, default false;
    engine_w256_q8_core: width 256, queues 4, tags 64, share 14 14, slots 6 6, vectors 16 4, full 0, default false;
    engine_w256_q8_full: width 256, queues 4, tags 64, share 14 14, slots 6 6, vectors 16 4, full 1, default false;
    engine_w256_q64_core: width 256, queues 32, tags 64, share 11 11, slots 5 6, vectors 64 4, full 0, default false;
    engine_w256_q64_full: width 256, queues 32, tags 64, share 11 11, slots 5 6, vectors 64 4, full 1, default false;
}

#[cfg(test)]
mod tests {
    use super::ENGINES;
    use crate::top::{card_verilog, pins, socket_verilog, CARD_MODULE, SOCKET_MODULE};

    #[test]
    fn the_socket_has_the_card_s_pins() {
        let mut card = pins(&card_verilog(), CARD_MODULE);
        card.retain(|pin| pin.name != "card_stop");
        let verilog = socket_verilog();
        assert_eq!(pins(&verilog, SOCKET_MODULE), card);
        assert_eq!(verilog.matches("user_logic #(.W(128), .NQ(4), .NU(4))").count(), 1);
        assert!(!verilog.contains("module user_logic("), "the user writes it");
    }

    #[test]
    fn every_build_has_the_port_it_says() {
        for build in ENGINES {
            let pins = pins(&(build.verilog)(), build.module);
            let of = |name: &str| {
                let pin = pins.iter().find(|pin| pin.name == name);
                pin.unwrap_or_else(|| panic!("{} has no pin `{name}`", build.module))
            };
            for (name, output, width) in [
                ("clk", false, 1),
                ("rst", false, 1),
                ("rx_cpl_data", false, build.width),
                ("tx_wr_keep", true, build.width / 32),
                ("h2c_axis_tkeep", true, build.width / 8),
                ("c2h_axis_tdata", false, build.width),
                ("h2c_pause", false, build.queues),
                ("c2h_pause", true, build.queues),
            ] {
                let pin = of(name);
                assert_eq!((pin.output, pin.width as usize), (output, width), "{} {name}", build.module);
            }
        }
    }
}
