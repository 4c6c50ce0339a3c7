//! Host to card: issue, land, commit, egress.

mod commit;
mod copies;
mod cut;
mod egress;
mod egress_out;
mod init;
mod issue;
mod land;
mod land_check;
mod path;
mod tag_ring;
mod types;

pub use commit::Commit;
pub use egress::Egress;
pub use issue::Issue;
pub use land::Land;
pub use path::H2c;
pub use types::{Landing, PacketEnd, Request};

/// The path of the default build: 128 bits, 4 queues of 512 rows (8 KiB) and 32 packet slots each.
pub type H2cDefault = H2c<128, 4, 16, 4, 183, 4, 2, 8, 9, 11, 5, 7>;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        h2c_issue: Issue<4, 2, 8, 9, 5, 4>,
        h2c_land: Land<128, 4, 16, 4, 2, 9, 11>,
        h2c_commit: Commit<4, 2>,
        h2c_egress: Egress<128, 16, 183, 4, 2, 9, 11, 5, 7>,
        h2c: H2cDefault,
    ]
}
