//! Host to card: issue, land, commit, egress.

mod ahead;
mod balance;
mod check;
mod closer;
mod commit;
mod copies;
mod cut;
mod egress;
mod egress_out;
mod egress_pick;
mod held;
mod issue;
mod land;
mod land_check;
mod land_place;
mod path;
mod stalls;
mod tag_ring;
mod turns;
mod types;

pub use closer::Closer;
pub use commit::Commit;
pub use egress::Egress;
pub use held::Held;
pub use issue::Issue;
pub use land::Land;
pub use path::H2c;
pub use types::{Landing, PacketEnd, Request};

/// The path of the default build: 128 bits, 4 queues of 512 rows (8 KiB) and 64 packet slots each, 64 tags.
pub type H2cDefault = H2c<128, 4, 16, 4, 183, 4, 2, 8, 9, 11, 6, 8, 6, 7, 7, 9, 144, 1, 1>;
/// 64 bits, one queue of 256 rows (2 KiB) and 32 packet slots, 32 tags.
pub type H2c64 = H2c<64, 2, 8, 3, 111, 1, 1, 2, 8, 9, 5, 6, 5, 6, 6, 7, 72, 1, 1>;
/// 256 bits, 4 queues of 1024 rows (32 KiB) and 128 packet slots each, 256 tags.
pub type H2c256 = H2c<256, 8, 32, 5, 327, 4, 2, 8, 10, 12, 7, 9, 8, 9, 8, 10, 288, 1, 1>;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        h2c_issue: Issue<4, 2, 8, 9, 5, 4, 6>,
        h2c_issue64: Issue<64, 6, 128, 6, 3, 3, 8>,
        h2c_land: Land<128, 4, 16, 4, 2, 9, 11, 6, 7>,
        h2c_land64: Land<64, 2, 8, 3, 2, 9, 11, 6, 7>,
        h2c_land256: Land<256, 8, 32, 5, 2, 9, 11, 6, 7>,
        h2c_commit: Commit<4, 2, 6>,
        h2c_egress: Egress<128, 16, 183, 4, 2, 9, 11, 5, 7, 1>,
        h2c_egress64: Egress<64, 8, 111, 64, 6, 6, 12, 3, 9, 1>,
        h2c_closer: Closer<4, 2>,
        h2c_closer64: Closer<64, 6>,
        h2c_held: Held<4, 2, 3, 5>,
        h2c: H2cDefault,
        h2c_core: H2c<128, 4, 16, 4, 183, 4, 2, 8, 9, 11, 6, 8, 6, 7, 7, 9, 144, 0, 0>,
        h2c64: H2c64,
        h2c256: H2c256,
    ]
}
