//! The simulated card in service: clients of this project and of others, friendly and not.

mod bed;
mod clients;
mod conformance;
mod driver;
mod foreign;
mod messages;
mod raw;
mod work;
