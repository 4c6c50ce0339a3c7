//! One directory per state of a model, so that a model that didn't change is not built again.
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::error::AtPath;
use crate::{Error, Model, Verilator};

/// Written last: a directory without it is from a build that was interrupted.
const DONE: &str = "done";

pub(crate) struct Entry {
    pub dir: PathBuf,
    parent: PathBuf,
    model: String,
}

/// Where `model` is kept under `out`. `runtime_cpp` and `environment` are hashed, too.
pub(crate) fn entry(
    out: &Path,
    model: &Model,
    trace: bool,
    verilator: &Verilator,
    runtime_cpp: &Path,
    environment: &[(&str, Option<String>)],
) -> Result<Entry, Error> {
    let mut hasher = DefaultHasher::new();
    (&model.name, &model.top, &model.verilog, &model.clock).hash(&mut hasher);
    crate::verilate::flags(model, trace).hash(&mut hasher);
    environment.hash(&mut hasher);
    // What generates, by its own text, and what it compiles against.
    [include_str!("shim.rs"), include_str!("rust.rs"), include_str!("compile.rs")].hash(&mut hasher);
    let header = runtime_cpp.join("verilated_model.h");
    std::fs::read(&header).at(&header)?.hash(&mut hasher);
    let bin = std::fs::metadata(verilator.bin()).at(verilator.bin())?;
    (verilator.root(), bin.len(), bin.modified().ok()).hash(&mut hasher);
    let parent = out.join("verilated");
    let dir = parent.join(format!("{}-{:016x}", model.name, hasher.finish()));
    Ok(Entry { dir, parent, model: model.name.clone() })
}

impl Entry {
    pub fn is_done(&self) -> bool {
        self.dir.join(DONE).is_file()
    }

    /// Makes an empty directory of it.
    pub fn clear(&self) -> Result<(), Error> {
        if self.dir.exists() {
            std::fs::remove_dir_all(&self.dir).at(&self.dir)?;
        }
        std::fs::create_dir_all(&self.dir).at(&self.dir)
    }

    /// Marks it as complete and removes older states of the model.
    pub fn finish(&self) -> Result<(), Error> {
        let done = self.dir.join(DONE);
        std::fs::write(&done, "").at(&done)?;
        for other in std::fs::read_dir(&self.parent).at(&self.parent)?.flatten() {
            let name = other.file_name().to_string_lossy().into_owned();
            let older = name.rsplit_once('-').is_some_and(|(model, _)| model == self.model);
            if older && other.path() != self.dir {
                std::fs::remove_dir_all(other.path()).at(&other.path())?;
            }
        }
        Ok(())
    }
}
