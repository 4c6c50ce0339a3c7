//! The global page: identity, parameters, status, errors, counters.

use ferrolane_abi::layout;
use ferrolane_abi::regs::global::*;
use ferrolane_abi::table::Register;
use rust_hdl::prelude::*;

use super::bank::Bank;
use crate::hw;
use crate::prim::{Dffr, Reg};

const N: usize = REGISTERS.len();
const COUNTERS: usize = 8;

/// In the order of the pulses in `update`.
const COUNTER_REGISTERS: [&Register; COUNTERS] = [
    &CNT_UNMAPPED_READ,
    &CNT_UNMAPPED_WRITE,
    &CNT_UNSUPPORTED,
    &CNT_UNEXPECTED_CPL,
    &CNT_INVALID_DOORBELL,
    &CNT_TX_WRITE,
    &CNT_TX_READ,
    &CNT_RX_CPL,
];

fn at(register: &Register) -> Constant<Bits<16>> {
    Constant::new(u64::from(register.offset).into())
}

fn mask(register: &Register, field: &str) -> Constant<Bits<32>> {
    Constant::new(u64::from(register.field(field).expect(field).mask()).into())
}

fn lsb(register: &Register, field: &str) -> Constant<Bits<5>> {
    Constant::new(u64::from(register.field(field).expect(field).lsb).into())
}

hw! {
    /// Registers of the global page, from the ABI table through [`Bank`], with what hardware drives put on top.
    ///
    /// `QUEUES` per direction, `VECTORS` of MSI-X, `W` bits of port, `TAGS` in flight, `KHZ` of the clock; `H2C_LOG2`,
    /// `C2H_LOG2` bytes of FIFO and `DESC_LOG2` descriptors per queue, as log2.
    ///
    /// A write is always taken at once. `glob_r_done` comes two clocks after `glob_r_valid`; what was read is the state one
    /// clock before, so `wr_issued` taken with `glob_r_done` covers every write the value may tell of.
    ///
    /// `err_irq` pulses the clock after any event that sets a bit of ERROR, also where the bit is set already.
    pub struct GlobalRegs<
        const QUEUES: usize,
        const VECTORS: usize,
        const W: usize,
        const TAGS: usize,
        const KHZ: usize,
        const H2C_LOG2: usize,
        const C2H_LOG2: usize,
        const DESC_LOG2: usize,
    > {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub glob_w_valid: Signal<In, Bit> = Default::default(),
        pub glob_w_ready: Signal<Out, Bit> = Default::default(),
        pub t_w_addr: Signal<In, Bits<19>> = Default::default(),
        pub t_w_data: Signal<In, Bits<32>> = Default::default(),
        pub t_w_be: Signal<In, Bits<4>> = Default::default(),
        pub glob_r_valid: Signal<In, Bit> = Default::default(),
        pub t_r_addr: Signal<In, Bits<19>> = Default::default(),
        pub glob_r_done: Signal<Out, Bit> = Default::default(),
        pub glob_r_data: Signal<Out, Bits<32>> = Default::default(),
        /// Pulses: an access to an offset of this page without a register.
        pub glob_unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub glob_unmapped_wr: Signal<Out, Bit> = Default::default(),
        /// Value of BUILD_ID.
        pub build_id: Signal<In, Bits<32>> = Default::default(),
        // STATUS.
        pub init_busy: Signal<In, Bit> = Default::default(),
        pub reads_pending: Signal<In, Bit> = Default::default(),
        pub writes_pending: Signal<In, Bit> = Default::default(),
        // LINK.
        pub cfg_link_up: Signal<In, Bit> = Default::default(),
        pub cfg_link_speed: Signal<In, Bits<4>> = Default::default(),
        pub cfg_link_width: Signal<In, Bits<6>> = Default::default(),
        pub cfg_bus_master: Signal<In, Bit> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub cfg_mrrs: Signal<In, Bits<3>> = Default::default(),
        pub cfg_rcb: Signal<In, Bit> = Default::default(),
        pub cfg_ext_tag: Signal<In, Bit> = Default::default(),
        pub cfg_msix_enable: Signal<In, Bit> = Default::default(),
        pub cfg_msix_mask: Signal<In, Bit> = Default::default(),
        // Pulses to count.
        pub unmapped_rd: Signal<In, Bit> = Default::default(),
        pub unmapped_wr: Signal<In, Bit> = Default::default(),
        pub ur: Signal<In, Bit> = Default::default(),
        pub unexpected_cpl: Signal<In, Bit> = Default::default(),
        pub invalid_doorbell: Signal<In, Bit> = Default::default(),
        pub tx_write: Signal<In, Bit> = Default::default(),
        pub tx_read: Signal<In, Bit> = Default::default(),
        pub rx_cpl: Signal<In, Bit> = Default::default(),
        /// Pulse: a queue halted with an error.
        pub queue_error: Signal<In, Bit> = Default::default(),
        /// Pulse: send vector 0.
        pub err_irq: Signal<Out, Bit> = Default::default(),
        bank: Bank<N> = Bank::of(REGISTERS)
            .fix(REGISTERS, &LAYOUT_HASH, &[("HASH", layout::LAYOUT_HASH as usize)])
            .fix(REGISTERS, &PARAM_QUEUES, &[("H2C", QUEUES), ("C2H", QUEUES), ("VECTORS", VECTORS)])
            .fix(REGISTERS, &PARAM_PORT, &[("WIDTH", W), ("TAGS", TAGS)])
            .fix(REGISTERS, &PARAM_CLOCK, &[("KHZ", KHZ)])
            .fix(REGISTERS, &PARAM_MEMORY, &[
                ("H2C_SHARE", H2C_LOG2),
                ("C2H_SHARE", C2H_LOG2),
                ("DESCRIPTORS", DESC_LOG2),
            ]),
        w_now: Dffr<Bit> = Default::default(),
        w_at: Reg<Bits<16>> = Default::default(),
        w_word: Reg<Bits<32>> = Default::default(),
        w_mask: Reg<Bits<4>> = Default::default(),
        r_now: Dffr<Bit> = Default::default(),
        r_at: Reg<Bits<16>> = Default::default(),
        done: Dffr<Bit> = Default::default(),
        word: Reg<Bits<32>> = Default::default(),
        missed_rd: Dffr<Bit> = Default::default(),
        missed_wr: Dffr<Bit> = Default::default(),
        causes: Dffr<Bits<32>> = Default::default(),
        irq: Dffr<Bit> = Default::default(),
        clocks: Dffr<Bits<64>> = Default::default(),
        clocks_high: Reg<Bits<32>> = Default::default(),
        count: [Dffr<Bits<32>>; COUNTERS] = array_init::array_init(|_| Default::default()),
        pulse: [Signal<Local, Bit>; COUNTERS] = array_init::array_init(|_| Default::default()),
        live: Signal<Local, Bits<32>> = Default::default(),
        link: Signal<Local, Bits<32>> = Default::default(),
        status: Signal<Local, Bits<32>> = Default::default(),
        set: Signal<Local, Bits<32>> = Default::default(),
        one: Constant<Bits<64>> = Constant::new(1_u64.into()),
        count_at: [Constant<Bits<16>>; COUNTERS] = array_init::array_init(|i| at(COUNTER_REGISTERS[i])),
        build_id_at: Constant<Bits<16>> = at(&BUILD_ID),
        status_at: Constant<Bits<16>> = at(&STATUS),
        error_at: Constant<Bits<16>> = at(&ERROR),
        link_at: Constant<Bits<16>> = at(&LINK),
        clocks_lo_at: Constant<Bits<16>> = at(&CLOCKS_LO),
        clocks_hi_at: Constant<Bits<16>> = at(&CLOCKS_HI),
        status_init: Constant<Bits<32>> = mask(&STATUS, "INIT"),
        status_reads: Constant<Bits<32>> = mask(&STATUS, "READS_PENDING"),
        status_writes: Constant<Bits<32>> = mask(&STATUS, "WRITES_PENDING"),
        error_doorbell: Constant<Bits<32>> = mask(&ERROR, "INVALID_DOORBELL"),
        error_cpl: Constant<Bits<32>> = mask(&ERROR, "UNEXPECTED_CPL"),
        error_ur: Constant<Bits<32>> = mask(&ERROR, "UNSUPPORTED_REQUEST"),
        error_queue: Constant<Bits<32>> = mask(&ERROR, "QUEUE_ERROR"),
        link_speed: Constant<Bits<5>> = lsb(&LINK, "SPEED"),
        link_width: Constant<Bits<5>> = lsb(&LINK, "WIDTH"),
        link_mps: Constant<Bits<5>> = lsb(&LINK, "MPS"),
        link_mrrs: Constant<Bits<5>> = lsb(&LINK, "MRRS"),
        link_up: Constant<Bits<32>> = mask(&LINK, "UP"),
        link_bus_master: Constant<Bits<32>> = mask(&LINK, "BUS_MASTER"),
        link_rcb: Constant<Bits<32>> = mask(&LINK, "RCB"),
        link_ext_tag: Constant<Bits<32>> = mask(&LINK, "EXT_TAG"),
        link_msix_enable: Constant<Bits<32>> = mask(&LINK, "MSIX_ENABLE"),
        link_msix_mask: Constant<Bits<32>> = mask(&LINK, "MSIX_MASK"),
    }
}

impl<
        const QUEUES: usize,
        const VECTORS: usize,
        const W: usize,
        const TAGS: usize,
        const KHZ: usize,
        const H2C_LOG2: usize,
        const C2H_LOG2: usize,
        const DESC_LOG2: usize,
    > Logic for GlobalRegs<QUEUES, VECTORS, W, TAGS, KHZ, H2C_LOG2, C2H_LOG2, DESC_LOG2>
{
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w_now, w_at, w_word, w_mask, r_now, r_at, done, word);
        dff_setup!(self, clock, missed_rd, missed_wr, causes, irq, clocks, clocks_high);
        self.w_now.rst.next = self.rst.val();
        self.r_now.rst.next = self.rst.val();
        self.done.rst.next = self.rst.val();
        self.missed_rd.rst.next = self.rst.val();
        self.missed_wr.rst.next = self.rst.val();
        self.causes.rst.next = self.rst.val();
        self.irq.rst.next = self.rst.val();
        self.clocks.rst.next = self.rst.val();
        self.bank.clock.next = self.clock.val();
        self.bank.rst.next = self.rst.val();

        // Events.
        self.set.next = 0.into();
        if self.invalid_doorbell.val() {
            self.set.next = self.set.val() | self.error_doorbell.val();
        }
        if self.unexpected_cpl.val() {
            self.set.next = self.set.val() | self.error_cpl.val();
        }
        if self.ur.val() {
            self.set.next = self.set.val() | self.error_ur.val();
        }
        if self.queue_error.val() {
            self.set.next = self.set.val() | self.error_queue.val();
        }
        self.causes.d.next = self.set.val();
        self.bank.set_addr.next = self.error_at.val();
        self.bank.set.next = self.causes.q.val();
        self.irq.d.next = self.causes.q.val().any();
        self.err_irq.next = self.irq.q.val();
        self.clocks.d.next = self.clocks.q.val() + self.one.val();
        self.pulse[0].next = self.unmapped_rd.val();
        self.pulse[1].next = self.unmapped_wr.val();
        self.pulse[2].next = self.ur.val();
        self.pulse[3].next = self.unexpected_cpl.val();
        self.pulse[4].next = self.invalid_doorbell.val();
        self.pulse[5].next = self.tx_write.val();
        self.pulse[6].next = self.tx_read.val();
        self.pulse[7].next = self.rx_cpl.val();

        // Writes.
        self.glob_w_ready.next = true;
        self.w_now.d.next = self.glob_w_valid.val();
        self.w_at.d.next = self.t_w_addr.val().get_bits::<16>(0);
        self.w_word.d.next = self.t_w_data.val();
        self.w_mask.d.next = self.t_w_be.val();
        self.bank.w_valid.next = self.w_now.q.val();
        self.bank.w_addr.next = self.w_at.q.val();
        self.bank.w_data.next = self.w_word.q.val();
        self.bank.w_be.next = self.w_mask.q.val();
        self.missed_wr.d.next = self.w_now.q.val() & !self.bank.w_known.val();
        self.glob_unmapped_wr.next = self.missed_wr.q.val();

        // Values that hardware drives.
        self.status.next = 0.into();
        if self.init_busy.val() {
            self.status.next = self.status.val() | self.status_init.val();
        }
        if self.reads_pending.val() {
            self.status.next = self.status.val() | self.status_reads.val();
        }
        if self.writes_pending.val() {
            self.status.next = self.status.val() | self.status_writes.val();
        }
        self.link.next = (bit_cast::<32, 4>(self.cfg_link_speed.val()) << self.link_speed.val())
            | (bit_cast::<32, 6>(self.cfg_link_width.val()) << self.link_width.val())
            | (bit_cast::<32, 3>(self.cfg_mps.val()) << self.link_mps.val())
            | (bit_cast::<32, 3>(self.cfg_mrrs.val()) << self.link_mrrs.val());
        if self.cfg_link_up.val() {
            self.link.next = self.link.val() | self.link_up.val();
        }
        if self.cfg_bus_master.val() {
            self.link.next = self.link.val() | self.link_bus_master.val();
        }
        if self.cfg_rcb.val() {
            self.link.next = self.link.val() | self.link_rcb.val();
        }
        if self.cfg_ext_tag.val() {
            self.link.next = self.link.val() | self.link_ext_tag.val();
        }
        if self.cfg_msix_enable.val() {
            self.link.next = self.link.val() | self.link_msix_enable.val();
        }
        if self.cfg_msix_mask.val() {
            self.link.next = self.link.val() | self.link_msix_mask.val();
        }

        // Reads: address, value, answer.
        self.r_now.d.next = self.glob_r_valid.val();
        self.r_at.d.next = self.t_r_addr.val().get_bits::<16>(0);
        self.bank.r_addr.next = self.r_at.q.val();
        self.live.next = 0.into();
        if self.r_at.q.val() == self.build_id_at.val() {
            self.live.next = self.build_id.val();
        }
        if self.r_at.q.val() == self.status_at.val() {
            self.live.next = self.status.val();
        }
        if self.r_at.q.val() == self.link_at.val() {
            self.live.next = self.link.val();
        }
        if self.r_at.q.val() == self.clocks_lo_at.val() {
            self.live.next = self.clocks.q.val().get_bits::<32>(0);
            if self.r_now.q.val() {
                self.clocks_high.d.next = self.clocks.q.val().get_bits::<32>(32);
            }
        }
        if self.r_at.q.val() == self.clocks_hi_at.val() {
            self.live.next = self.clocks_high.q.val();
        }
        for i in 0..COUNTERS {
            self.count[i].clock.next = self.clock.val();
            self.count[i].rst.next = self.rst.val();
            self.count[i].d.next = self.count[i].q.val();
            if self.pulse[i].val() {
                self.count[i].d.next = self.count[i].q.val() + 1;
            }
            if self.r_at.q.val() == self.count_at[i].val() {
                self.live.next = self.count[i].q.val();
            }
        }
        self.word.d.next = self.bank.r_value.val() | self.live.val();
        self.done.d.next = self.r_now.q.val();
        self.missed_rd.d.next = self.r_now.q.val() & !self.bank.r_known.val();
        self.glob_r_done.next = self.done.q.val();
        self.glob_r_data.next = self.word.q.val();
        self.glob_unmapped_rd.next = self.missed_rd.q.val();
    }
}
