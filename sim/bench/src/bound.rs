//! The bound that rows are measured against: what an ideal engine would need of wire and port for a fragment.
//!
//! The reference cuts a fragment into the largest legal TLPs, fetches 32 descriptors at a time and writes 16 records
//! in a TLP. It suffers the completions that the root complex really made. The documentation's page on performance
//! has the formula.

use ferrolane_sim::link::Rate;

/// Framing, sequence number and LCRC of a TLP (PCIe Base Spec 3.6, 4.2).
const FRAMING: u64 = 8;
/// Header and framing of a completion (PCIe Base Spec 2.2.9).
pub const COMPLETION_OVERHEAD: u64 = 12 + FRAMING;
/// Descriptors that the reference fetches at a time.
pub const FETCHED: u64 = 32;
/// Records that the reference writes in a TLP.
pub const RECORDS: u64 = 16;
/// Bytes of a descriptor, and of a record.
const ENTRY: u64 = 16;

/// What the bound depends on.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Bytes of the port.
    pub port: u64,
    /// Bytes per clock of the link, each direction.
    pub rate: Rate,
    /// Max_Payload_Size.
    pub mps: u64,
    /// Max_Read_Request_Size.
    pub mrrs: u64,
    /// Host addresses are above 4 GiB: 4-DW headers.
    pub high: bool,
}

/// Use of each resource for a fragment, or for the mean fragment of a mix.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Bytes on the wire to the host.
    pub up: f64,
    /// Bytes on the wire to the card.
    pub down: f64,
    /// Beats of `tx_wr`.
    pub writes: f64,
    /// Beats of `tx_rd`.
    pub reads: f64,
    /// Beats of `rx_cpl`.
    pub completions: f64,
}

impl std::ops::Add for Cost {
    type Output = Cost;
    fn add(self, other: Cost) -> Cost {
        Cost {
            up: self.up + other.up,
            down: self.down + other.down,
            writes: self.writes + other.writes,
            reads: self.reads + other.reads,
            completions: self.completions + other.completions,
        }
    }
}

impl std::ops::Mul<f64> for Cost {
    type Output = Cost;
    fn mul(self, by: f64) -> Cost {
        Cost {
            up: self.up * by,
            down: self.down * by,
            writes: self.writes * by,
            reads: self.reads * by,
            completions: self.completions * by,
        }
    }
}

/// `len` in pieces of at most `limit`: how many of which size.
fn pieces(len: u64, limit: u64) -> impl Iterator<Item = (f64, u64)> {
    [((len / limit) as f64, limit), (1.0, len % limit)]
        .into_iter()
        .filter(|(count, size)| *count > 0.0 && *size > 0)
}

/// Bytes of the whole DWORDs that hold an aligned piece.
fn padded(bytes: u64) -> u64 {
    bytes.next_multiple_of(4)
}

impl Setup {
    fn request(&self) -> f64 {
        (FRAMING + if self.high { 16 } else { 12 }) as f64
    }

    fn beats(&self, bytes: u64) -> f64 {
        padded(bytes).div_ceil(self.port) as f64
    }

    /// Reads of `len` aligned bytes. `splits` gives the completions for a read of so many bytes.
    fn read(&self, len: u64, splits: &dyn Fn(u64) -> f64) -> Cost {
        pieces(len, self.mrrs).fold(Cost::default(), |cost, (count, size)| {
            let answers = splits(size);
            let one = Cost {
                up: self.request(),
                down: answers * COMPLETION_OVERHEAD as f64 + padded(size) as f64,
                reads: 1.0,
                completions: self.beats(size).max(answers),
                ..Cost::default()
            };
            cost + one * count
        })
    }

    /// Writes of `len` aligned bytes.
    fn write(&self, len: u64) -> Cost {
        pieces(len, self.mps).fold(Cost::default(), |cost, (count, size)| {
            let one = Cost {
                up: self.request() + padded(size) as f64,
                writes: self.beats(size),
                ..Cost::default()
            };
            cost + one * count
        })
    }

    /// What the mean fragment of `len` bytes takes, its descriptor and record included, if the share `h2c` of them goes
    /// to the card and the others to the host.
    pub fn fragment(&self, h2c: f64, len: u64, splits: &dyn Fn(u64) -> f64) -> Cost {
        let descriptor = self.read(FETCHED * ENTRY, splits) * (1.0 / FETCHED as f64);
        let record = self.write(RECORDS * ENTRY) * (1.0 / RECORDS as f64);
        self.read(len, splits) * h2c + self.write(len) * (1.0 - h2c) + descriptor + record
    }

    /// Clocks that a cost takes at least: of the wires and streams, the one that takes longest.
    pub fn clocks(&self, cost: &Cost) -> f64 {
        let rate = self.rate.bytes_per_clock();
        [cost.up / rate, cost.down / rate, cost.writes, cost.reads, cost.completions]
            .into_iter()
            .fold(0.0, f64::max)
    }

    /// Most payload bytes per clock, both directions together.
    pub fn bytes_per_clock(&self, h2c: f64, len: u64, splits: &dyn Fn(u64) -> f64) -> f64 {
        len as f64 / self.clocks(&self.fragment(h2c, len, splits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const X4: Setup =
        Setup { port: 16, rate: Rate { bytes: 1024, clocks: 65 }, mps: 256, mrrs: 512, high: false };

    /// The root complex splits at 256 bytes.
    fn whole(bytes: u64) -> f64 {
        bytes.div_ceil(256) as f64
    }

    fn near(is: f64, should: f64) {
        assert!((is - should).abs() < 1e-9 * should, "{is} should be {should}");
    }

    #[test]
    fn c2h_4096_by_hand() {
        // 16 writes of 256 + 20; a fetch of 20 and 512 + 2 * 20 for 32; a record TLP of 256 + 20 for 16.
        let cost = X4.fragment(0.0, 4096, &whole);
        near(cost.up, 16.0 * 276.0 + 20.0 / 32.0 + 276.0 / 16.0);
        near(cost.down, 552.0 / 32.0);
        near(cost.writes, 256.0 + 1.0);
        near(X4.bytes_per_clock(0.0, 4096, &whole), 4096.0 * 1024.0 / 65.0 / 4433.875);
    }

    #[test]
    fn h2c_1024_by_hand() {
        // 2 reads of 512, answered by 2 completions of 256 + 20 each.
        let cost = X4.fragment(1.0, 1024, &whole);
        near(cost.up, 2.0 * 20.0 + 20.0 / 32.0 + 276.0 / 16.0);
        near(cost.down, 4.0 * 276.0 + 552.0 / 32.0);
        near(cost.reads, 2.0 + 1.0 / 32.0);
        near(cost.completions, 64.0 + 1.0);
        near(X4.bytes_per_clock(1.0, 1024, &whole), 1024.0 / 1121.25 * 1024.0 / 65.0);
    }

    #[test]
    fn a_byte_takes_a_dword() {
        let cost = X4.fragment(0.0, 1, &whole);
        near(cost.up, 24.0 + 20.0 / 32.0 + 276.0 / 16.0);
        let cost = X4.fragment(1.0, 1, &whole);
        near(cost.down, 24.0 + 552.0 / 32.0);
        near(cost.up, 20.0 + 20.0 / 32.0 + 276.0 / 16.0);
    }

    #[test]
    fn both_share_the_wires() {
        // Up: 256 + 20 of data, 20 for the read; down: 256 + 20; descriptors and records of two fragments.
        let cost = X4.fragment(0.5, 256, &whole);
        near(2.0 * cost.up, 296.0 + 2.0 * (20.0 / 32.0 + 276.0 / 16.0));
        near(2.0 * cost.down, 276.0 + 2.0 * 552.0 / 32.0);
        near(X4.bytes_per_clock(0.5, 256, &whole), 512.0 * 1024.0 / 65.0 / 331.75);
        // Three of four to the card: the wire down is what counts, 3 * 276 + 4 * 17.25 for 4 fragments.
        near(X4.bytes_per_clock(0.75, 256, &whole), 1024.0 * 1024.0 / 65.0 / 897.0);
    }

    #[test]
    fn splits_and_long_headers_are_charged() {
        let high = Setup { high: true, ..X4 };
        let cost = high.fragment(1.0, 512, &|bytes| bytes as f64 / 128.0);
        near(cost.down, 512.0 + 80.0 + (512.0 + 80.0) / 32.0);
        near(cost.up, 24.0 + 24.0 / 32.0 + 280.0 / 16.0);
    }

    #[test]
    fn the_port_bounds_where_it_is_narrower() {
        let narrow = Setup { port: 8, ..X4 };
        // 4096 / 8 beats of data and 16 * 16 / 8 of records for 16.
        near(narrow.bytes_per_clock(0.0, 4096, &whole), 4096.0 / 514.0);
        // Headers travel beside: a byte costs one beat.
        near(narrow.fragment(0.0, 1, &whole).writes, 1.0 + 2.0);
    }
}
