//! Routes the write bus and the read bus to the blocks that own a page.

use ferrolane_abi::map;
use rust_hdl::prelude::*;

use super::serialise::Serialise;
use crate::hw;
use crate::prim::{Dffr, Reg};

/// Number of the 64 KiB page at a BAR offset.
fn page(offset: u64) -> Constant<Bits<3>> {
    Constant::new((offset / map::PAGE_BYTES).into())
}

hw! {
    /// One write and one read at a time, each to the owner of its page.
    ///
    /// | page | writes | reads |
    /// | --- | --- | --- |
    /// | global, queue | `glob_*`, `queue_*` | `glob_*`, `queue_*` |
    /// | doorbell | `db_*` | 0 |
    /// | MSI-X table, PBA | `msix_*` | `msix_*` |
    /// | others, other BARs | dropped, counted | 0, counted |
    ///
    /// All targets see `t_w_addr`, `t_w_data`, `t_w_be` and `t_r_addr`, which are stable from the target's valid until the
    /// access has ended.
    /// A target with holes in its page pulses `<t>_unmapped_rd`/`_wr` for each DWORD that hit one; all of them come out
    /// as `unmapped_rd`/`unmapped_wr`, one pulse per DWORD.
    ///
    /// While `host_wait` is high no access starts; one that has been taken by its target ends. A read starts only when no
    /// write waits in front of it, so it sees all writes accepted here before.
    pub struct Decode {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub host_wait: Signal<In, Bit> = Default::default(),
        pub w_valid: Signal<In, Bit> = Default::default(),
        pub w_ready: Signal<Out, Bit> = Default::default(),
        pub w_bar: Signal<In, Bits<3>> = Default::default(),
        pub w_addr: Signal<In, Bits<19>> = Default::default(),
        pub w_data: Signal<In, Bits<32>> = Default::default(),
        pub w_be: Signal<In, Bits<4>> = Default::default(),
        pub r_valid: Signal<In, Bit> = Default::default(),
        pub r_bar: Signal<In, Bits<3>> = Default::default(),
        pub r_addr: Signal<In, Bits<19>> = Default::default(),
        pub r_done: Signal<Out, Bit> = Default::default(),
        pub r_data: Signal<Out, Bits<32>> = Default::default(),
        pub t_w_addr: Signal<Out, Bits<19>> = Default::default(),
        pub t_w_data: Signal<Out, Bits<32>> = Default::default(),
        pub t_w_be: Signal<Out, Bits<4>> = Default::default(),
        pub t_r_addr: Signal<Out, Bits<19>> = Default::default(),
        pub glob_w_valid: Signal<Out, Bit> = Default::default(),
        pub glob_w_ready: Signal<In, Bit> = Default::default(),
        pub queue_w_valid: Signal<Out, Bit> = Default::default(),
        pub queue_w_ready: Signal<In, Bit> = Default::default(),
        pub db_w_valid: Signal<Out, Bit> = Default::default(),
        pub db_w_ready: Signal<In, Bit> = Default::default(),
        pub msix_w_valid: Signal<Out, Bit> = Default::default(),
        pub msix_w_ready: Signal<In, Bit> = Default::default(),
        pub glob_r_valid: Signal<Out, Bit> = Default::default(),
        pub glob_r_done: Signal<In, Bit> = Default::default(),
        pub glob_r_data: Signal<In, Bits<32>> = Default::default(),
        pub queue_r_valid: Signal<Out, Bit> = Default::default(),
        pub queue_r_done: Signal<In, Bit> = Default::default(),
        pub queue_r_data: Signal<In, Bits<32>> = Default::default(),
        pub msix_r_valid: Signal<Out, Bit> = Default::default(),
        pub msix_r_done: Signal<In, Bit> = Default::default(),
        pub msix_r_data: Signal<In, Bits<32>> = Default::default(),
        pub glob_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub glob_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub queue_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub queue_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub db_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub msix_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub msix_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub unmapped_wr: Signal<Out, Bit> = Default::default(),
        w_held: Dffr<Bit> = Default::default(),
        w_miss: Reg<Bit> = Default::default(),
        w_at: Reg<Bits<19>> = Default::default(),
        w_word: Reg<Bits<32>> = Default::default(),
        w_mask: Reg<Bits<4>> = Default::default(),
        w_page: Signal<Local, Bits<3>> = Default::default(),
        w_go: Signal<Local, Bit> = Default::default(),
        w_taken: Signal<Local, Bit> = Default::default(),
        w_own: Signal<Local, Bit> = Default::default(),
        r_held: Dffr<Bit> = Default::default(),
        r_started: Dffr<Bit> = Default::default(),
        r_miss: Reg<Bit> = Default::default(),
        r_at: Reg<Bits<19>> = Default::default(),
        r_page: Signal<Local, Bits<3>> = Default::default(),
        r_go: Signal<Local, Bit> = Default::default(),
        r_own: Signal<Local, Bit> = Default::default(),
        out_done: Dffr<Bit> = Default::default(),
        out_data: Reg<Bits<32>> = Default::default(),
        wr_pulses: Signal<Local, Bits<5>> = Default::default(),
        rd_pulses: Signal<Local, Bits<5>> = Default::default(),
        wr_misses: Serialise = Default::default(),
        rd_misses: Serialise = Default::default(),
        global_page: Constant<Bits<3>> = page(map::GLOBAL_PAGE),
        queue_page: Constant<Bits<3>> = page(map::QUEUE_PAGE),
        doorbell_page: Constant<Bits<3>> = page(map::DOORBELL_PAGE),
        table_page: Constant<Bits<3>> = page(map::MSIX_TABLE_PAGE),
        pba_page: Constant<Bits<3>> = page(map::MSIX_PBA_PAGE),
        our_bar: Constant<Bits<3>> = Constant::new((map::BAR as u64).into()),
    }
}

impl Logic for Decode {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w_held, w_miss, w_at, w_word, w_mask);
        dff_setup!(self, clock, r_held, r_started, r_miss, r_at, out_done, out_data);
        self.w_held.rst.next = self.rst.val();
        self.r_held.rst.next = self.rst.val();
        self.r_started.rst.next = self.rst.val();
        self.out_done.rst.next = self.rst.val();

        // Writes.
        self.w_ready.next = !self.w_held.q.val();
        if self.w_valid.val() & !self.w_held.q.val() {
            self.w_held.d.next = true;
            self.w_miss.d.next = self.w_bar.val() != self.our_bar.val();
            self.w_at.d.next = self.w_addr.val();
            self.w_word.d.next = self.w_data.val();
            self.w_mask.d.next = self.w_be.val();
        }
        self.t_w_addr.next = self.w_at.q.val();
        self.t_w_data.next = self.w_word.q.val();
        self.t_w_be.next = self.w_mask.q.val();
        self.w_page.next = self.w_at.q.val().get_bits::<3>(16);
        self.w_go.next = self.w_held.q.val() & !self.host_wait.val();
        self.glob_w_valid.next = false;
        self.queue_w_valid.next = false;
        self.db_w_valid.next = false;
        self.msix_w_valid.next = false;
        self.w_own.next = false;
        self.w_taken.next = false;
        if self.w_go.val() {
            if self.w_miss.q.val() {
                self.w_own.next = true;
                self.w_taken.next = true;
            } else if self.w_page.val() == self.global_page.val() {
                self.glob_w_valid.next = true;
                self.w_taken.next = self.glob_w_ready.val();
            } else if self.w_page.val() == self.queue_page.val() {
                self.queue_w_valid.next = true;
                self.w_taken.next = self.queue_w_ready.val();
            } else if self.w_page.val() == self.doorbell_page.val() {
                self.db_w_valid.next = true;
                self.w_taken.next = self.db_w_ready.val();
            } else if (self.w_page.val() == self.table_page.val())
                | (self.w_page.val() == self.pba_page.val())
            {
                self.msix_w_valid.next = true;
                self.w_taken.next = self.msix_w_ready.val();
            } else {
                self.w_own.next = true;
                self.w_taken.next = true;
            }
        }
        if self.w_taken.val() {
            self.w_held.d.next = false;
        }

        // Reads.
        self.out_done.d.next = false;
        if self.r_valid.val() {
            self.r_held.d.next = true;
            self.r_miss.d.next = self.r_bar.val() != self.our_bar.val();
            self.r_at.d.next = self.r_addr.val();
        }
        self.t_r_addr.next = self.r_at.q.val();
        self.r_page.next = self.r_at.q.val().get_bits::<3>(16);
        self.r_go.next =
            self.r_held.q.val() & !self.r_started.q.val() & !self.w_held.q.val() & !self.host_wait.val();
        self.glob_r_valid.next = false;
        self.queue_r_valid.next = false;
        self.msix_r_valid.next = false;
        self.r_own.next = false;
        if self.r_go.val() {
            self.r_started.d.next = true;
            if self.r_miss.q.val() {
                self.r_own.next = true;
                self.out_done.d.next = true;
            } else if self.r_page.val() == self.global_page.val() {
                self.glob_r_valid.next = true;
            } else if self.r_page.val() == self.queue_page.val() {
                self.queue_r_valid.next = true;
            } else if (self.r_page.val() == self.table_page.val())
                | (self.r_page.val() == self.pba_page.val())
            {
                self.msix_r_valid.next = true;
            } else {
                self.r_own.next = self.r_page.val() != self.doorbell_page.val();
                self.out_done.d.next = true;
            }
        }
        self.out_data.d.next = 0.into();
        if self.glob_r_done.val() {
            self.out_data.d.next = self.glob_r_data.val();
        } else if self.queue_r_done.val() {
            self.out_data.d.next = self.queue_r_data.val();
        } else if self.msix_r_done.val() {
            self.out_data.d.next = self.msix_r_data.val();
        }
        if self.glob_r_done.val() | self.queue_r_done.val() | self.msix_r_done.val() {
            self.out_done.d.next = true;
        }
        if self.out_done.q.val() {
            self.r_held.d.next = false;
            self.r_started.d.next = false;
        }
        self.r_done.next = self.out_done.q.val();
        self.r_data.next = self.out_data.q.val();

        self.wr_pulses.next = 0.into();
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(0, self.w_own.val());
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(1, self.glob_unmapped_wr.val());
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(2, self.queue_unmapped_wr.val());
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(3, self.db_unmapped_wr.val());
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(4, self.msix_unmapped_wr.val());
        self.rd_pulses.next = 0.into();
        self.rd_pulses.next = self.rd_pulses.val().replace_bit(0, self.r_own.val());
        self.rd_pulses.next = self.rd_pulses.val().replace_bit(1, self.glob_unmapped_rd.val());
        self.rd_pulses.next = self.rd_pulses.val().replace_bit(2, self.queue_unmapped_rd.val());
        self.rd_pulses.next = self.rd_pulses.val().replace_bit(3, self.msix_unmapped_rd.val());
        self.wr_misses.clock.next = self.clock.val();
        self.wr_misses.rst.next = self.rst.val();
        self.wr_misses.pulses.next = self.wr_pulses.val();
        self.rd_misses.clock.next = self.clock.val();
        self.rd_misses.rst.next = self.rst.val();
        self.rd_misses.pulses.next = self.rd_pulses.val();
        self.unmapped_wr.next = self.wr_misses.pulse.val();
        self.unmapped_rd.next = self.rd_misses.pulse.val();
    }
}
