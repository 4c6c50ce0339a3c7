//! The file that what came back goes to.

use std::fs::{self, File, Metadata, OpenOptions, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{bail, ensure, Result};
use tempfile::NamedTempFile;

use crate::exit::Usage;

/// An output under way. Dropped without [`Output::keep`], it leaves no file and what was there before.
pub struct Output {
    to: To,
    path: PathBuf,
}

enum To {
    /// A file with a temporary name in the folder of `place`, which becomes `place` when it is complete.
    Partial { file: BufWriter<NamedTempFile>, place: PathBuf },
    /// A pipe or device: nothing of it can be taken back, and nothing is left of it to look complete.
    Stream(BufWriter<File>),
}

impl Output {
    /// Finds out all that can be known to stand against writing `path`, and opens it.
    pub fn create(path: &Path) -> Result<Self> {
        let to = match fs::metadata(path) {
            Ok(there) => over(path, &there)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                ensure!(
                    path.symlink_metadata().is_err(),
                    "cannot write {}: it is a symbolic link to nothing; remove it or name another file",
                    path.display()
                );
                partial(path, path.to_owned(), None)?
            }
            Err(error) => return Err(cannot(path, error)),
        };
        Ok(Output { to, path: path.to_owned() })
    }

    /// Appends.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let result = match &mut self.to {
            To::Partial { file, .. } => file.write_all(bytes),
            To::Stream(file) => file.write_all(bytes),
        };
        result.map_err(|error| cannot(&self.path, error))
    }

    /// Finishes it, and gives a file its name.
    pub fn keep(self) -> Result<()> {
        let result = match self.to {
            To::Partial { file, place } => file
                .into_inner()
                .map_err(|error| error.into_error())
                .and_then(|file| file.persist(place).map_err(|error| error.error))
                .map(drop),
            To::Stream(mut file) => file.flush(),
        };
        result.map_err(|error| cannot(&self.path, error))
    }
}

/// In place of something that exists.
fn over(path: &Path, there: &Metadata) -> Result<To> {
    if there.is_dir() {
        bail!("cannot write {}: it is a directory; name a file in it", path.display());
    }
    if is_stdout(there) {
        let text = format!("cannot write {}: it is standard output, where the summary goes", path.display());
        return Err(Usage(text).into());
    }
    // A file that may not be written may not be replaced either, even where its folder would allow that.
    let file = OpenOptions::new().write(true).open(path).map_err(|error| cannot(path, error))?;
    if !there.is_file() {
        return Ok(To::Stream(BufWriter::new(file)));
    }
    // A link stays a link.
    let place = path.canonicalize().map_err(|error| cannot(path, error))?;
    partial(path, place, Some(there.permissions()))
}

/// A temporary file beside `place`, with the permissions given or those that any new file gets.
fn partial(path: &Path, place: PathBuf, permissions: Option<Permissions>) -> Result<To> {
    let folder = match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    ensure!(
        folder.exists(),
        "cannot write {}: there is no folder {}; create it first",
        path.display(),
        folder.display()
    );
    ensure!(place.file_name().is_some(), "cannot write {}: it is no file name", path.display());
    let file = tempfile::Builder::new()
        .prefix(".ferrolane-partial-")
        // Less the umask; the default of temporary files is for the owner alone.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)
        // Without the temporary name, which would tell nobody anything.
        .map_err(|error| cannot(path, error.kind().into()))?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions).map_err(|error| cannot(path, error))?;
    }
    Ok(To::Partial { file: BufWriter::new(file), place })
}

fn cannot(path: &Path, error: io::Error) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("cannot write {}", path.display()))
}

fn is_stdout(there: &Metadata) -> bool {
    let stdout = io::stdout().as_fd().try_clone_to_owned().and_then(|fd| File::from(fd).metadata());
    // Of a character device only one that is a terminal or a pipe would mix; `/dev/null` takes all.
    let null = fs::metadata("/dev/null");
    let same = |other: io::Result<Metadata>| {
        other.is_ok_and(|other| (other.dev(), other.ino()) == (there.dev(), there.ino()))
    };
    same(stdout) && !same(null)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn an_output_that_is_not_kept_leaves_what_was_there() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut output = Output::create(&path).unwrap();
        output.write(b"half").unwrap();
        drop(output);
        assert!(names(dir.path()).is_empty());

        fs::write(&path, b"before").unwrap();
        let mut output = Output::create(&path).unwrap();
        output.write(b"half").unwrap();
        drop(output);
        assert_eq!(names(dir.path()), ["out"]);
        assert_eq!(fs::read(&path).unwrap(), b"before");
    }

    #[test]
    fn a_kept_output_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out");
        let mut output = Output::create(&path).unwrap();
        output.write(b"all ").unwrap();
        output.write(b"of it").unwrap();
        assert!(!path.exists());
        output.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"all of it");
        assert_eq!(names(dir.path()), ["out"]);
    }

    #[test]
    fn a_name_of_the_greatest_length_is_possible() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x".repeat(255));
        Output::create(&path).unwrap().keep().unwrap();
        assert!(path.exists());
    }

    #[test]
    fn a_link_stays_a_link_and_a_file_keeps_its_permissions() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("file"), dir.path().join("link"));
        fs::write(&file, b"before").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        let mut output = Output::create(&link).unwrap();
        output.write(b"after").unwrap();
        output.keep().unwrap();
        assert!(link.symlink_metadata().unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"after");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o7777, 0o640);
    }
}
