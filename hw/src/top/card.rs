//! The demo card: the engine and the card's own logic behind the flat port.

use rust_hdl::prelude::*;

use crate::card::DemoCard;
use crate::dma::port::{around_engine, engine_sizes};

engine_sizes! { around_engine! {
    /// What enters H2C queue n leaves C2H queue n, unless the card's registers say otherwise; memory queues end in its memory. `card_stop` has
    /// the card take nothing from a queue.
    ///
    /// The names of the pins are part of the contract: outside test benches bind to them. Sizes as in [`Engine`](crate::dma::engine::Engine) and [`DemoCard`].
    pub struct Card [SQ SC SR SD] {
        pub card_stop: Signal<In, Bits<NQ>> = Default::default(),
        demo: DemoCard<W, KB, SB, NQ, QB, SQ, SC, SR, NU, SD> = Default::default(),
    }
    card demo #[hdl_gen] fn update(&mut self) {
        self.demo.clock.next = self.clk.val();
        self.demo.rst.next = self.rst.val();
        self.demo.card_stop.next = self.card_stop.val();
    }
} }
