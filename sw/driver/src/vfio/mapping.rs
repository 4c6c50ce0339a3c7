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

/// What the kernel need not be asked. The crate adds without looking for overflow when it words an error.
pub(super) fn check(iova: u64, len: u64, granule: u64) -> Result<(), TransportError> {
    let reason = if len == 0 {
        "it is empty".into()
    } else if iova.checked_add(len).is_none() {
        "it reaches beyond the last 64-bit address".into()
    } else if granule != 0 && !(iova | len).is_multiple_of(granule) {
        format!("address and length must be multiples of the IOMMU's page, {granule} bytes")
    } else {
        return Ok(());
    };
    Err(TransportError::Map { iova, len, reason })
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

    #[test]
    fn impossible_mappings_are_not_asked_for() {
        let text = |iova, len| check(iova, len, 4096).unwrap_err().to_string();
        assert!(text(0x1000, 0).contains("empty"));
        assert!(text(u64::MAX - 0xFFF, 0x1000).contains("last 64-bit address"));
        assert!(text(0x1000, 0x800).contains("4096 bytes"));
        assert!(text(0x1001, 0x1000).contains("4096 bytes"));
        check(0x1000, 0x1000, 4096).unwrap();
    }
}
