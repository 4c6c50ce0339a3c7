//! Why the kernel refused a mapping.

use std::io;

use crate::memlock;
use crate::transport::TransportError;

/// The errno of an error of `pci-driver`, which puts it into the text where it adds some of its own.
pub(super) fn errno(error: &io::Error) -> Option<i32> {
    error.raw_os_error().or_else(|| {
        let text = error.to_string();
        let number = text.rsplit_once("(os error ")?.1.split_once(')')?.0;
        number.parse().ok()
    })
}

/// Reason, limit and remedy of a failed map (Linux `drivers/vfio/vfio_iommu_type1.c`).
pub(super) fn map_error(iova: u64, len: u64, max_mappings: u32, error: &io::Error) -> TransportError {
    let code = errno(error);
    let system =
        code.map_or_else(|| error.to_string(), |code| io::Error::from_raw_os_error(code).to_string());
    let locked = code.and_then(|code| memlock::explain(len, &io::Error::from_raw_os_error(code)));
    let reason = match (code, locked) {
        (_, Some(memlock)) => memlock.to_string(),
        (Some(libc::ENOSPC), _) => format!(
            "the IOMMU interface allows no more mappings (there were {max_mappings} left at open); use fewer, larger \
             regions, or raise the module parameter vfio_iommu_type1.dma_entry_limit ({system})"
        ),
        (Some(libc::EEXIST), _) => format!("a mapping is there already ({system})"),
        (Some(libc::EINVAL), _) => {
            format!("the address is outside what the IOMMU can map, or not a multiple of its page ({system})")
        }
        (Some(libc::ENOMEM), _) => format!("the kernel has no memory left to pin or to describe it ({system})"),
        _ => system,
    };
    TransportError::Map { iova, len, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_errno_is_found_in_the_text() {
        let wrapped = io::Error::other(format!("Failed to map: {}", io::Error::from_raw_os_error(28)));
        assert_eq!(errno(&wrapped), Some(28));
        assert_eq!(errno(&io::Error::from_raw_os_error(17)), Some(17));
        assert_eq!(errno(&io::Error::other("TODO")), None);
    }

    #[test]
    fn reasons_name_limit_and_remedy() {
        let text = |code| map_error(0x1000, 4096, 65_535, &io::Error::from_raw_os_error(code)).to_string();
        let full = text(libc::ENOSPC);
        assert!(full.contains("65535") && full.contains("dma_entry_limit"), "{full}");
        assert!(text(libc::EEXIST).contains("0x1000"));
        assert!(text(libc::EINVAL).contains("outside"));
    }
}
