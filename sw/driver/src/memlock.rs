//! The limit on locked memory: what is used of it, and an error that says how to raise it.
//!
//! VFIO pins every page it maps and charges it to RLIMIT_MEMLOCK unless the process has CAP_IPC_LOCK.

use std::io;

use rustix::process::{getrlimit, Resource};

/// Not enough memory may be locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "RLIMIT_MEMLOCK is too low: the limit is {limit} bytes, {used} of them are in use and {need} more are needed; \
     run `ulimit -l {remedy}` as a user who may, or set `<user> hard memlock {remedy}` and `<user> soft memlock \
     {remedy}` in /etc/security/limits.conf and log in again (values in KiB), or give CAP_IPC_LOCK",
    remedy = .used.saturating_add(*.need).div_ceil(1024)
)]
pub struct MemlockError {
    /// The soft limit in bytes.
    pub limit: u64,
    /// Bytes locked or pinned already.
    pub used: u64,
    /// Bytes that were to be locked.
    pub need: u64,
}

/// State of the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memlock {
    /// The soft limit in bytes, `None` if there is none.
    pub limit: Option<u64>,
    /// Bytes locked or pinned already.
    pub used: u64,
}

const CAP_IPC_LOCK: u32 = 14;

impl Memlock {
    /// Asks the system. Unreadable numbers count as 0 used and no capability.
    pub fn now() -> Memlock {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self::from_parts(getrlimit(Resource::Memlock).current, &status)
    }

    /// The same of this process from another `/proc`; `None` if it does not tell.
    #[cfg(feature = "vfio")]
    pub(crate) fn of_process(proc: &std::path::Path) -> Option<Memlock> {
        let limits = std::fs::read_to_string(proc.join("self/limits")).ok()?;
        let soft = limits.lines().find_map(|line| line.strip_prefix("Max locked memory"))?;
        let soft = soft.split_whitespace().next()?;
        let limit = if soft == "unlimited" { None } else { Some(soft.parse().ok()?) };
        Some(Self::from_parts(limit, &std::fs::read_to_string(proc.join("self/status")).unwrap_or_default()))
    }

    /// The same from the limit and the text of `/proc/self/status`.
    fn from_parts(limit: Option<u64>, status: &str) -> Memlock {
        let value = |key: &str| status.lines().find_map(|line| line.strip_prefix(key)).map(str::trim);
        let locked =
            value("VmLck:").and_then(|v| v.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0);
        let caps = value("CapEff:").and_then(|v| u64::from_str_radix(v, 16).ok()).unwrap_or(0);
        let unlimited = caps >> CAP_IPC_LOCK & 1 == 1;
        Memlock { limit: limit.filter(|_| !unlimited), used: locked * 1024 }
    }

    /// Whether `need` more bytes may be locked.
    pub fn check(&self, need: u64) -> Result<(), MemlockError> {
        match self.limit {
            Some(limit) if self.used.saturating_add(need) > limit => {
                Err(MemlockError { limit, used: self.used, need })
            }
            _ => Ok(()),
        }
    }
}

/// Tells whether a failed lock or map of `need` bytes failed for the limit. The kernel answers ENOMEM, EPERM or
/// EAGAIN then, and the same for other causes.
pub fn explain(need: u64, source: &io::Error) -> Option<MemlockError> {
    let code = source.raw_os_error()?;
    let limit_codes = [rustix::io::Errno::NOMEM, rustix::io::Errno::PERM, rustix::io::Errno::AGAIN];
    if limit_codes.iter().any(|e| e.raw_os_error() == code) {
        Memlock::now().check(need).err()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Name:\tx\nVmLck:\t    4096 kB\nCapEff:\t00000000a80425fb\n";

    #[test]
    fn error_names_limit_value_need_and_remedy() {
        let memlock = Memlock::from_parts(Some(8 << 20), STATUS);
        assert_eq!(memlock, Memlock { limit: Some(8 << 20), used: 4 << 20 });
        memlock.check(4 << 20).unwrap();
        let text = memlock.check((4 << 20) + 1).unwrap_err().to_string();
        for part in ["RLIMIT_MEMLOCK", "8388608", "4194304", "4194305", "ulimit -l 8193", "limits.conf"] {
            assert!(text.contains(part), "{part} not in: {text}");
        }
    }

    #[test]
    fn cap_ipc_lock_and_no_limit_lift_it() {
        let with_cap = STATUS.replace("00000000a80425fb", "000001ffffffffff");
        assert_eq!(Memlock::from_parts(Some(0), &with_cap).check(u64::MAX), Ok(()));
        assert_eq!(Memlock::from_parts(None, STATUS).check(u64::MAX), Ok(()));
    }

    #[test]
    fn other_errors_are_not_blamed_on_the_limit() {
        assert_eq!(explain(u64::MAX, &io::Error::from_raw_os_error(22)), None);
        assert_eq!(explain(u64::MAX, &io::Error::other("x")), None);
    }
}
