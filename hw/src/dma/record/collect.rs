//! Which ends get a record, and when the collected ones are due.

use rust_hdl::prelude::*;

use super::types::{RecordEvent, ENDED_BITS};
use crate::hw;
use crate::prim::{Bram, Dffr, Reg};
use crate::stream::Mirror;
use ferrolane_abi::regs;

hw! {
    /// Counts of each queue, changed by one event per clock.
    ///
    /// ```text
    ///  select_g ─► put, since, skipped, written, consumer, settings
    ///  change ────► │ collect? close?  new values ─► back into the memories
    ///              ▼
    ///        registers ─► seen_* (for the judge), room
    /// ```
    /// `put` counts the records collected, `since` those of them behind the last close, `skipped` the ends without record. A close
    /// makes the queue due: enough records, one that must not wait, or the next one can't be in the same TLP.
    pub struct RecordCollect<const GB: usize> {
        pub clock: Signal<In, Clock> = Default::default(),
        pub rst: Signal<In, Bit> = Default::default(),
        pub cfg_mps: Signal<In, Bits<3>> = Default::default(),
        pub cfgw_valid: Signal<In, Bit> = Default::default(),
        pub cfgw_g: Signal<In, Bits<7>> = Default::default(),
        pub cfgw_index: Signal<In, Bits<6>> = Default::default(),
        pub cfgw_data: Signal<In, Bits<32>> = Default::default(),
        /// With RING_SIZE: the ring's records less one.
        pub ring_mask: Signal<In, Bits<16>> = Default::default(),
        pub select_g: Signal<In, Bits<7>> = Default::default(),
        pub change: Signal<In, RecordEvent> = Default::default(),
        pub ended: Signal<In, Bits<ENDED_BITS>> = Default::default(),
        pub urgent: Signal<In, Bit> = Default::default(),
        /// In the clock of `change`: the end gets a record, in slot `slot` of the queue.
        pub collected: Signal<Out, Bit> = Default::default(),
        pub slot: Signal<Out, Bits<6>> = Default::default(),
        /// It is the first behind a close.
        pub opens: Signal<Out, Bit> = Default::default(),
        /// `put` and `since` behind this event.
        pub put_value: Signal<Out, Bits<7>> = Default::default(),
        pub put_since: Signal<Out, Bits<4>> = Default::default(),
        /// Descriptors that have ended, behind this event.
        pub ends: Signal<Out, Bits<32>> = Default::default(),
        /// The event and its queue's counts, one clock later.
        pub seen: Signal<Out, RecordEvent> = Default::default(),
        pub seen_collected: Signal<Out, Bit> = Default::default(),
        pub seen_due: Signal<Out, Bit> = Default::default(),
        pub seen_put: Signal<Out, Bits<18>> = Default::default(),
        pub seen_written: Signal<Out, Bits<18>> = Default::default(),
        pub seen_consumer: Signal<Out, Bits<18>> = Default::default(),
        /// MODERATE.COUNT, at least 1.
        pub seen_enough: Signal<Out, Bits<16>> = Default::default(),
        pub room_valid: Signal<Out, Bit> = Default::default(),
        pub room_g: Signal<Out, Bits<7>> = Default::default(),
        pub room_value: Signal<Out, Bits<31>> = Default::default(),
        puts: Mirror<18, GB> = Default::default(),
        sinces: Mirror<4, GB> = Default::default(),
        skips: Mirror<31, GB> = Default::default(),
        writtens: Mirror<18, GB> = Default::default(),
        consumers: Bram<Bits<31>, 9> = Default::default(),
        policies: Bram<Bits<2>, GB> = Default::default(),
        // COALESCE.COUNT - 1.
        closes: Bram<Bits<4>, GB> = Default::default(),
        masks: Bram<Bits<16>, GB> = Default::default(),
        // Place of the ring in its page of 4 KiB, in records.
        bases: Bram<Bits<8>, GB> = Default::default(),
        enoughs: Bram<Bits<16>, GB> = Default::default(),
        change2: Dffr<RecordEvent> = Default::default(),
        collected2: Dffr<Bit> = Default::default(),
        due2: Dffr<Bit> = Default::default(),
        skipped2: Dffr<Bit> = Default::default(),
        put2: Reg<Bits<18>> = Default::default(),
        written2: Reg<Bits<18>> = Default::default(),
        consumer2: Reg<Bits<31>> = Default::default(),
        skips2: Reg<Bits<31>> = Default::default(),
        enough2: Reg<Bits<16>> = Default::default(),
        told: Dffr<Bit> = Default::default(),
        told_g: Reg<Bits<7>> = Default::default(),
        told_value: Reg<Bits<31>> = Default::default(),
        count: Signal<Local, Bits<5>> = Default::default(),
        count_less: Signal<Local, Bits<5>> = Default::default(),
        moderate: Signal<Local, Bits<16>> = Default::default(),
        policy: Signal<Local, Bits<2>> = Default::default(),
        eop: Signal<Local, Bit> = Default::default(),
        wanted: Signal<Local, Bit> = Default::default(),
        collect: Signal<Local, Bit> = Default::default(),
        skip: Signal<Local, Bit> = Default::default(),
        put: Signal<Local, Bits<18>> = Default::default(),
        since: Signal<Local, Bits<4>> = Default::default(),
        entry: Signal<Local, Bits<16>> = Default::default(),
        left: Signal<Local, Bits<16>> = Default::default(),
        in_page: Signal<Local, Bits<8>> = Default::default(),
        ends_group: Signal<Local, Bit> = Default::default(),
        close: Signal<Local, Bit> = Default::default(),
        flush: Signal<Local, Bit> = Default::default(),
        put_next: Signal<Local, Bits<18>> = Default::default(),
        since_next: Signal<Local, Bits<4>> = Default::default(),
        skips_next: Signal<Local, Bits<31>> = Default::default(),
        written_next: Signal<Local, Bits<18>> = Default::default(),
        consumer_next: Signal<Local, Bits<31>> = Default::default(),
        index_base: Constant<Bits<6>> = Constant::new((regs::queue::CPL_BASE_LO.offset as u64 / 4).into()),
        index_size: Constant<Bits<6>> = Constant::new((regs::queue::RING_SIZE.offset as u64 / 4).into()),
        index_coalesce: Constant<Bits<6>> = Constant::new((regs::queue::COALESCE.offset as u64 / 4).into()),
        index_moderate: Constant<Bits<6>> = Constant::new((regs::queue::MODERATE.offset as u64 / 4).into()),
    }
}

impl<const GB: usize> Logic for RecordCollect<GB> {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(
            self, clock, puts, sinces, skips, writtens, consumers, policies, closes, masks, bases, enoughs
        );
        dff_setup!(
            self, clock, change2, collected2, due2, skipped2, put2, written2, consumer2, skips2, enough2
        );
        dff_setup!(self, clock, told, told_g, told_value);
        self.change2.rst.next = self.rst.val();
        self.collected2.rst.next = self.rst.val();
        self.due2.rst.next = self.rst.val();
        self.skipped2.rst.next = self.rst.val();
        self.told.rst.next = self.rst.val();

        // Settings, in the form in which they are used.
        self.policies.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_coalesce.val());
        self.policies.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.policies.wdata.next = self.cfgw_data.val().get_bits::<2>(8);
        self.policies.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.count.next = self.cfgw_data.val().get_bits::<5>(0);
        self.count_less.next = self.count.val() - 1;
        if self.count.val() == 0 {
            self.count_less.next = 0.into();
        } else if self.count.val() > 16 {
            self.count_less.next = 15.into();
        }
        self.closes.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_coalesce.val());
        self.closes.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.closes.wdata.next = bit_cast::<4, 5>(self.count_less.val());
        self.closes.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.masks.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_size.val());
        self.masks.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.masks.wdata.next = self.ring_mask.val();
        self.masks.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.bases.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_base.val());
        self.bases.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.bases.wdata.next = self.cfgw_data.val().get_bits::<8>(4);
        self.bases.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.moderate.next = self.cfgw_data.val().get_bits::<16>(0);
        if self.moderate.val() == 0 {
            self.moderate.next = 1.into();
        }
        self.enoughs.wen.next = self.cfgw_valid.val() & (self.cfgw_index.val() == self.index_moderate.val());
        self.enoughs.waddr.next = bit_cast::<GB, 7>(self.cfgw_g.val());
        self.enoughs.wdata.next = self.moderate.val();
        self.enoughs.raddr.next = bit_cast::<GB, 7>(self.select_g.val());

        // Policy: everything; EOP, IRQ or error; IRQ or error; nothing.
        self.policy.next = self.policies.rdata.val();
        self.eop.next = self.ended.val().get_bit(96);
        self.wanted.next = self.urgent.val() & !self.policy.val().all();
        if self.policy.val() == 0 {
            self.wanted.next = true;
        } else if self.policy.val() == 1 {
            self.wanted.next = self.urgent.val() | self.eop.val();
        }
        self.collect.next = self.change.val().ended & self.wanted.val();
        self.skip.next = self.change.val().ended & !self.wanted.val();

        // A TLP must not cross a 4 KiB boundary (PCIe Base Spec r5 2.2.7) nor exceed Max_Payload_Size (2.2.2): 8 records at
        // 128 bytes, else the 16 that can be collected.
        self.put.next = self.puts.rdata.val();
        self.since.next = self.sinces.rdata.val();
        self.entry.next = bit_cast::<16, 18>(self.put.val()) & self.masks.rdata.val();
        self.left.next = !self.entry.val() & self.masks.rdata.val();
        // All ones if it is the page's last place: a comparison, where a sum would take a carry chain.
        self.in_page.next = self.bases.rdata.val() ^ bit_cast::<8, 16>(self.entry.val());
        self.ends_group.next = !self.left.val().any()
            | self.in_page.val().all()
            | self.since.val().all()
            | ((self.since.val() == 7) & (self.cfg_mps.val() == 0));
        self.close.next = self.collect.val()
            & (self.urgent.val() | (self.since.val() >= self.closes.rdata.val()) | self.ends_group.val());
        self.flush.next = (self.change.val().flush | self.change.val().arm) & self.since.val().any();

        self.put_next.next = self.put.val();
        self.since_next.next = self.since.val();
        if self.collect.val() {
            self.put_next.next = self.put.val() + 1;
            self.since_next.next = self.since.val() + 1;
        }
        if self.close.val() | self.flush.val() | self.change.val().init {
            self.since_next.next = 0.into();
        }
        self.skips_next.next = self.skips.rdata.val();
        if self.skip.val() {
            self.skips_next.next = self.skips.rdata.val() + 1;
        }
        self.written_next.next = self.writtens.rdata.val();
        if self.change.val().written {
            self.written_next.next = bit_cast::<18, 31>(self.change.val().value);
        }
        self.consumer_next.next = self.consumers.rdata.val();
        if self.change.val().cons {
            self.consumer_next.next = self.change.val().value;
        }
        if self.change.val().init {
            self.put_next.next = 0.into();
            self.skips_next.next = 0.into();
            self.written_next.next = 0.into();
            self.consumer_next.next = 0.into();
        }

        self.puts.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.puts.waddr.next = bit_cast::<GB, 7>(self.change.val().g);
        self.puts.wdata.next = self.put_next.val();
        self.puts.wen.next = self.change.val().init | self.collect.val();
        self.sinces.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.sinces.waddr.next = bit_cast::<GB, 7>(self.change.val().g);
        self.sinces.wdata.next = self.since_next.val();
        self.sinces.wen.next = self.change.val().init | self.collect.val() | self.flush.val();
        self.skips.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.skips.waddr.next = bit_cast::<GB, 7>(self.change.val().g);
        self.skips.wdata.next = self.skips_next.val();
        self.skips.wen.next = self.change.val().init | self.skip.val();
        self.writtens.raddr.next = bit_cast::<GB, 7>(self.select_g.val());
        self.writtens.waddr.next = bit_cast::<GB, 7>(self.change.val().g);
        self.writtens.wdata.next = self.written_next.val();
        self.writtens.wen.next = self.change.val().init | self.change.val().written;
        self.consumers.raddr.next = bit_cast::<9, 7>(self.select_g.val());
        self.consumers.waddr.next = bit_cast::<9, 7>(self.change.val().g);
        self.consumers.wdata.next = self.consumer_next.val();
        self.consumers.wen.next = self.change.val().init | self.change.val().cons;

        self.collected.next = self.collect.val();
        self.slot.next = bit_cast::<6, 18>(self.put.val());
        self.opens.next = self.collect.val() & !self.since.val().any();
        self.put_since.next = self.since_next.val();
        self.put_value.next = bit_cast::<7, 18>(self.put_next.val());
        // Every descriptor has one end, in order: its index counts them.
        self.ends.next = self.ended.val().get_bits::<32>(56) + 1;
        if self.change.val().init {
            self.ends.next = 0.into();
        }

        self.change2.d.next = self.change.val();
        self.collected2.d.next = self.collect.val();
        self.due2.d.next = self.close.val() | self.flush.val();
        self.skipped2.d.next = self.skip.val();
        self.put2.d.next = self.put_next.val();
        self.written2.d.next = self.written_next.val();
        self.consumer2.d.next = self.consumer_next.val();
        self.skips2.d.next = self.skips_next.val();
        self.enough2.d.next = self.enoughs.rdata.val();
        self.seen.next = self.change2.q.val();
        self.seen_collected.next = self.collected2.q.val();
        self.seen_due.next = self.due2.q.val();
        self.seen_put.next = self.put2.q.val();
        self.seen_written.next = self.written2.q.val();
        self.seen_consumer.next = bit_cast::<18, 31>(self.consumer2.q.val());
        self.seen_enough.next = self.enough2.q.val();
        self.told.d.next = self.change2.q.val().cons | self.change2.q.val().init | self.skipped2.q.val();
        self.told_g.d.next = self.change2.q.val().g;
        self.told_value.d.next = self.consumer2.q.val() + self.skips2.q.val();
        self.room_valid.next = self.told.q.val();
        self.room_g.next = self.told_g.q.val();
        self.room_value.next = self.told_value.q.val();
    }
}
