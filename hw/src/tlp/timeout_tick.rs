//! Completion timeout as ticks.

use rust_hdl::prelude::*;

use crate::hw;
use crate::prim::Dffr;

/// A read's time is up with the sixth tick behind it: five to six ticks after it left.
pub const TICKS: u64 = 6;

/// `cfg_cpl_timeout` that switches the timer off. Device Control 2 has a bit of its own for that; the encoding is reserved there.
pub const OFF: u64 = 15;

/// Values of Completion Timeout Value (PCIe Base Spec r5 7.5.3.16) and the shortest time of each, in µs. The range is
/// 50 µs to 50 ms by default; it should not be below 10 ms then. The longest time is at least twice the shortest.
const SHORTEST: [(u64, u64); 9] = [
    (0, 16_000),
    (1, 50),
    (2, 1_000),
    (5, 16_000),
    (6, 65_000),
    (9, 260_000),
    (10, 1_000_000),
    (13, 4_000_000),
    (14, 17_000_000),
];

/// Clocks of a tick at `khz`, less one, for each encoding; reserved ones are like the default.
fn clocks(khz: usize) -> [Constant<Bits<30>>; 16] {
    array_init::array_init(|value| {
        let of = |v: u64| SHORTEST.iter().find(|s| s.0 == v).map(|s| s.1);
        let shortest = of(value as u64).unwrap_or(SHORTEST[0].1);
        let clocks = (shortest * khz as u64).div_ceil(1000 * (TICKS - 1));
        assert!((1..1 << 30).contains(&clocks), "a clock of {khz} kHz is out of range");
        Constant::new((clocks - 1).into())
    })
}

hw! {
    /// Five ticks are the shortest completion timeout that `cfg_cpl_timeout` allows; `KHZ` is the clock's frequency.
    ///
    /// With a change of `cfg_cpl_timeout` a new tick begins.
    pub struct TimeoutTick<const KHZ: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_cpl_timeout: Signal<In, Bits<4>> = Default::default(),
        pub tick: Signal<Out, Bit> = Default::default(),
        left: Dffr<Bits<30>> = Default::default(),
        now: Dffr<Bit> = Default::default(),
        was: Dffr<Bits<4>> = Default::default(),
        full: Signal<Local, Bits<30>> = Default::default(),
        clocks: [Constant<Bits<30>>; 16] = clocks(KHZ),
        off: Constant<Bits<4>> = Constant::new(OFF.into()),
        one: Constant<Bits<30>> = Constant::new(1_u64.into()),
    }
}

impl<const KHZ: usize> Logic for TimeoutTick<KHZ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, left, now, was);
        self.left.rst.next = self.rst.val();
        self.now.rst.next = self.rst.val();
        self.was.rst.next = self.rst.val();
        self.full.next = self.clocks[0].val();
        for i in 0..16 {
            if self.cfg_cpl_timeout.val().index() == i {
                self.full.next = self.clocks[i].val();
            }
        }
        self.was.d.next = self.cfg_cpl_timeout.val();
        self.left.d.next = self.left.q.val() - self.one.val();
        self.now.d.next = (self.left.q.val() == 0) & (self.cfg_cpl_timeout.val() != self.off.val());
        if (self.left.q.val() == 0) | (self.was.q.val() != self.cfg_cpl_timeout.val()) {
            self.left.d.next = self.full.val();
        }
        self.tick.next = self.now.q.val();
    }
}
