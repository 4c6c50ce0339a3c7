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
    /// | place | writes | reads |
    /// | --- | --- | --- |
    /// | BAR0: global, queue | `glob_*`, `queue_*` | `glob_*`, `queue_*` |
    /// | doorbell | `db_*` | 0 |
    /// | MSI-X table, PBA | `msix_*` | `msix_*` |
    /// | push windows of the `NQ` queues per direction | `push_*` | 0 |
    /// | counters, if `cnt_present` | dropped, counted | `cnt_*` |
    /// | other push windows, other pages | dropped, counted | 0, counted |
    /// | user registers' BAR | `user_*` | `user_*` |
    ///
    /// All targets see `t_w_addr`, `t_w_data`, `t_w_be` and `t_r_addr`, which are stable from the target's valid until the
    /// access has ended. Writes to push windows are passed on one per clock, others one every other clock.
    ///
    /// `r_bar` and `r_addr` stay from `r_valid` to `r_done`. The data of `glob`, `queue`, `cnt` and `user` must be 0 but in the
    /// clock of their `done`, so all that is needed to choose among them is an OR.
    ///
    /// A target with holes in its page pulses `<t>_unmapped_rd`/`_wr` for each DWORD that hit one; all of them come out
    /// as `unmapped_rd`/`unmapped_wr`, one pulse per DWORD. `glob`, `queue` and `db` pulse in the clock behind their
    /// `ready`, all readers within two clocks of `done`; other writers whenever they like.
    ///
    /// While `host_wait` is high no access starts; one that has been taken by its target ends. A read starts only when the
    /// writes accepted here before it have ended, so it sees them; it doesn't wait for later ones.
    pub struct Decode<const NQ: usize> {
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
        pub push_w_valid: Signal<Out, Bit> = Default::default(),
        pub push_w_ready: Signal<In, Bit> = Default::default(),
        pub user_w_valid: Signal<Out, Bit> = Default::default(),
        pub user_w_ready: Signal<In, Bit> = Default::default(),
        pub glob_r_valid: Signal<Out, Bit> = Default::default(),
        pub glob_r_done: Signal<In, Bit> = Default::default(),
        pub glob_r_data: Signal<In, Bits<32>> = Default::default(),
        pub queue_r_valid: Signal<Out, Bit> = Default::default(),
        pub queue_r_done: Signal<In, Bit> = Default::default(),
        pub queue_r_data: Signal<In, Bits<32>> = Default::default(),
        pub msix_r_valid: Signal<Out, Bit> = Default::default(),
        pub msix_r_done: Signal<In, Bit> = Default::default(),
        pub msix_r_data: Signal<In, Bits<32>> = Default::default(),
        /// The counter page was built.
        pub cnt_present: Signal<In, Bit> = Default::default(),
        pub cnt_r_valid: Signal<Out, Bit> = Default::default(),
        pub cnt_r_done: Signal<In, Bit> = Default::default(),
        pub cnt_r_data: Signal<In, Bits<32>> = Default::default(),
        pub user_r_valid: Signal<Out, Bit> = Default::default(),
        pub user_r_done: Signal<In, Bit> = Default::default(),
        pub user_r_data: Signal<In, Bits<32>> = Default::default(),
        pub glob_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub glob_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub queue_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub queue_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub db_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub cnt_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub msix_unmapped_rd: Signal<In, Bit> = Default::default(),
        pub msix_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub push_unmapped_wr: Signal<In, Bit> = Default::default(),
        pub unmapped_rd: Signal<Out, Bit> = Default::default(),
        pub unmapped_wr: Signal<Out, Bit> = Default::default(),
        w_held: Dffr<Bit> = Default::default(),
        w_user: Reg<Bit> = Default::default(),
        w_at: Reg<Bits<19>> = Default::default(),
        w_word: Reg<Bits<32>> = Default::default(),
        w_mask: Reg<Bits<4>> = Default::default(),
        w_page: Signal<Local, Bits<3>> = Default::default(),
        w_queue: Signal<Local, Bits<7>> = Default::default(),
        w_go: Signal<Local, Bit> = Default::default(),
        w_taken: Signal<Local, Bit> = Default::default(),
        w_flows: Signal<Local, Bit> = Default::default(),
        w_own: Signal<Local, Bit> = Default::default(),
        w_missed: Dffr<Bit> = Default::default(),
        r_asked: Dffr<Bit> = Default::default(),
        // A write that came before the read has not ended.
        r_behind: Dffr<Bit> = Default::default(),
        r_user: Signal<Local, Bit> = Default::default(),
        r_page: Signal<Local, Bits<3>> = Default::default(),
        r_queue: Signal<Local, Bits<7>> = Default::default(),
        r_go: Signal<Local, Bit> = Default::default(),
        r_own: Signal<Local, Bit> = Default::default(),
        r_missed: Dffr<Bit> = Default::default(),
        own_done: Dffr<Bit> = Default::default(),
        msix_data: Signal<Local, Bits<32>> = Default::default(),
        wr_pulses: Signal<Local, Bits<3>> = Default::default(),
        wr_misses: Serialise = Default::default(),
        queues: Constant<Bits<7>> = Constant::new((NQ as u64).into()),
        global_page: Constant<Bits<3>> = page(map::GLOBAL_PAGE),
        queue_page: Constant<Bits<3>> = page(map::QUEUE_PAGE),
        doorbell_page: Constant<Bits<3>> = page(map::DOORBELL_PAGE),
        table_page: Constant<Bits<3>> = page(map::MSIX_TABLE_PAGE),
        pba_page: Constant<Bits<3>> = page(map::MSIX_PBA_PAGE),
        push_page: Constant<Bits<3>> = page(map::PUSH_PAGE),
        counter_page: Constant<Bits<3>> = page(map::COUNTER_PAGE),
        push_lsb: Constant<Bits<5>> = Constant::new((map::PUSH_STRIDE.trailing_zeros() as u64).into()),
        user_bar: Constant<Bits<3>> = Constant::new((map::USER_BAR as u64).into()),
    }
}

impl<const NQ: usize> Logic for Decode<NQ> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, w_held, w_user, w_at, w_word, w_mask, w_missed);
        dff_setup!(self, clock, r_asked, r_behind, r_missed, own_done);
        self.w_held.rst.next = self.rst.val();
        self.w_missed.rst.next = self.rst.val();
        self.r_asked.rst.next = self.rst.val();
        self.r_behind.rst.next = self.rst.val();
        self.r_missed.rst.next = self.rst.val();
        self.own_done.rst.next = self.rst.val();

        // Writes.
        self.t_w_addr.next = self.w_at.q.val();
        self.t_w_data.next = self.w_word.q.val();
        self.t_w_be.next = self.w_mask.q.val();
        self.w_page.next = self.w_at.q.val().get_bits::<3>(16);
        self.w_queue.next = bit_cast::<7, 19>(self.w_at.q.val() >> self.push_lsb.val()) & 0x3F;
        self.w_go.next = self.w_held.q.val() & !self.host_wait.val();
        self.glob_w_valid.next = false;
        self.queue_w_valid.next = false;
        self.db_w_valid.next = false;
        self.msix_w_valid.next = false;
        self.push_w_valid.next = false;
        self.user_w_valid.next = false;
        self.w_own.next = false;
        self.w_taken.next = false;
        self.w_flows.next = false;
        if self.w_go.val() {
            if self.w_user.q.val() {
                self.user_w_valid.next = true;
                self.w_taken.next = self.user_w_ready.val();
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
            } else if (self.w_page.val() == self.push_page.val()) & (self.w_queue.val() < self.queues.val()) {
                self.push_w_valid.next = true;
                self.w_taken.next = self.push_w_ready.val();
                self.w_flows.next = self.push_w_ready.val();
            } else {
                self.w_own.next = true;
                self.w_taken.next = true;
            }
        }
        if self.w_taken.val() {
            self.w_held.d.next = false;
        }
        self.w_ready.next = !self.w_held.q.val() | self.w_flows.val();
        if !self.w_held.q.val() | self.w_flows.val() {
            self.w_held.d.next = self.w_valid.val();
            self.w_user.d.next = self.w_bar.val() == self.user_bar.val();
            self.w_at.d.next = self.w_addr.val();
            self.w_word.d.next = self.w_data.val();
            self.w_mask.d.next = self.w_be.val();
        }

        // Reads.
        if self.w_taken.val() {
            self.r_behind.d.next = false;
        }
        if self.r_valid.val() {
            self.r_asked.d.next = true;
            self.r_behind.d.next = self.w_held.q.val() & !self.w_taken.val();
        }
        self.t_r_addr.next = self.r_addr.val();
        self.r_user.next = self.r_bar.val() == self.user_bar.val();
        self.r_page.next = self.r_addr.val().get_bits::<3>(16);
        self.r_queue.next = bit_cast::<7, 19>(self.r_addr.val() >> self.push_lsb.val()) & 0x3F;
        self.r_go.next = self.r_asked.q.val() & !self.r_behind.q.val() & !self.host_wait.val();
        self.glob_r_valid.next = false;
        self.queue_r_valid.next = false;
        self.msix_r_valid.next = false;
        self.user_r_valid.next = false;
        self.cnt_r_valid.next = false;
        self.own_done.d.next = false;
        self.r_own.next = false;
        if self.r_go.val() {
            self.r_asked.d.next = false;
            if self.r_user.val() {
                self.user_r_valid.next = true;
            } else if self.r_page.val() == self.global_page.val() {
                self.glob_r_valid.next = true;
            } else if self.r_page.val() == self.queue_page.val() {
                self.queue_r_valid.next = true;
            } else if (self.r_page.val() == self.table_page.val())
                | (self.r_page.val() == self.pba_page.val())
            {
                self.msix_r_valid.next = true;
            } else if (self.r_page.val() == self.counter_page.val()) & self.cnt_present.val() {
                self.cnt_r_valid.next = true;
            } else {
                self.own_done.d.next = true;
                self.r_own.next = (self.r_page.val() != self.doorbell_page.val())
                    & ((self.r_page.val() != self.push_page.val())
                        | (self.r_queue.val() >= self.queues.val()));
            }
        }
        self.msix_data.next = 0.into();
        if self.msix_r_done.val() {
            self.msix_data.next = self.msix_r_data.val();
        }
        self.r_data.next =
            self.glob_r_data.val() | self.queue_r_data.val() | self.user_r_data.val() | self.msix_data.val();
        self.r_data.next = self.r_data.val() | self.cnt_r_data.val();
        self.r_done.next = self.own_done.q.val()
            | self.glob_r_done.val()
            | self.queue_r_done.val()
            | self.user_r_done.val()
            | self.cnt_r_done.val()
            | self.msix_r_done.val();

        // Reads come one at a time, so their pulses do, too.
        self.r_missed.d.next = self.r_own.val()
            | self.glob_unmapped_rd.val()
            | self.queue_unmapped_rd.val()
            | self.cnt_unmapped_rd.val()
            | self.msix_unmapped_rd.val();
        self.unmapped_rd.next = self.r_missed.q.val();
        self.w_missed.d.next = self.w_own.val();
        self.wr_pulses.next = 0.into();
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(
            0,
            self.w_missed.q.val()
                | self.glob_unmapped_wr.val()
                | self.queue_unmapped_wr.val()
                | self.db_unmapped_wr.val(),
        );
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(1, self.msix_unmapped_wr.val());
        self.wr_pulses.next = self.wr_pulses.val().replace_bit(2, self.push_unmapped_wr.val());
        self.wr_misses.clock.next = self.clock.val();
        self.wr_misses.rst.next = self.rst.val();
        self.wr_misses.pulses.next = self.wr_pulses.val();
        self.unmapped_wr.next = self.wr_misses.pulse.val();
    }
}
