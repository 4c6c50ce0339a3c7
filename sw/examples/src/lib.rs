//! Examples that run on the simulator and on a card.
