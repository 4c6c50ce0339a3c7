//! What goes over the wires, told TLP by TLP to whoever measures.

use crate::control::Direction;
use crate::tlp::{Class, Header};

/// Hears of every TLP on the link.
pub trait WireTap: Send {
    /// The TLP starts onto the wire of `direction` in clock `now`. Nullified ones never do.
    fn on_wire(&mut self, now: u64, direction: Direction, class: Class, hdr: &Header);
}
