//! User-space driver for Ferrolane DMA cards.
