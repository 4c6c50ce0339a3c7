//! MSI-X: table, pending bits, messages.

mod access;
mod msix;

pub use access::MsixAccess;
pub use msix::Msix;

/// Blocks of this module that are tested on their own.
pub fn blocks() -> Vec<crate::emit::TestBlock> {
    crate::blocks![
        msix: Msix<128, 4, 16, 4, 4, 10>,
        msix64: Msix<64, 2, 5, 3, 1, 4>,
        msix256: Msix<256, 8, 137, 8, 8, 129>,
    ]
}
