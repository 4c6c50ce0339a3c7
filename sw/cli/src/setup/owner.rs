//! `USER[:GROUP]` to numbers, by the machine's own files. Users of a directory service are given by number.

use anyhow::Result;
use ferrolane::vfio::Owner;

use crate::exit::Usage;

/// Reads it, with the names in `/etc/passwd` and `/etc/group`.
pub fn parse(text: &str) -> Result<Owner> {
    let file = |path| std::fs::read_to_string(path).unwrap_or_default();
    resolve(text, &file("/etc/passwd"), &file("/etc/group"))
}

fn resolve(text: &str, users: &str, groups: &str) -> Result<Owner> {
    let (user, group) = text.split_once(':').unwrap_or((text, ""));
    if user.is_empty() && group.is_empty() {
        return Err(Usage("--owner needs USER, USER:GROUP or :GROUP".into()).into());
    }
    Ok(Owner {
        uid: number("user", "id -u", user, users)?,
        gid: number("group", "getent group", group, groups)?,
    })
}

/// The third field of the line that begins with `name`.
fn number(what: &str, tool: &str, name: &str, file: &str) -> Result<Option<u32>> {
    if name.is_empty() {
        return Ok(None);
    }
    if let Ok(number) = name.parse() {
        return Ok(Some(number));
    }
    let line = file.lines().find(|line| line.split(':').next() == Some(name));
    match line.and_then(|line| line.split(':').nth(2)?.parse().ok()) {
        Some(number) => Ok(Some(number)),
        None => {
            let text =
                format!("no {what} `{name}` on this machine; give a number, as `{tool} {name}` tells it");
            Err(Usage(text).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nana:x:1000:1001::/home/ana:/bin/sh\n";
    const GROUPS: &str = "root:x:0:\nvfio:x:108:ana\n";

    #[test]
    fn names_and_numbers() {
        let read = |text| resolve(text, USERS, GROUPS).map(|o| (o.uid, o.gid)).map_err(|e| e.to_string());
        assert_eq!(read("ana"), Ok((Some(1000), None)));
        assert_eq!(read("ana:vfio"), Ok((Some(1000), Some(108))));
        assert_eq!(read(":vfio"), Ok((None, Some(108))));
        assert_eq!(read("1234:5"), Ok((Some(1234), Some(5))));
        assert!(read("an").unwrap_err().contains("id -u an"));
        assert!(read("ana:nobody").unwrap_err().contains("no group `nobody`"));
        assert!(read(":").unwrap_err().contains("--owner needs"));
    }
}
