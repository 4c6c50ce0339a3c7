//! The ferrolane command.
