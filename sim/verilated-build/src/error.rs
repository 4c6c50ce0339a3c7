use std::path::PathBuf;

/// Why a design could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No Verilator at any of the places searched.
    #[error("Verilator not found: run `make tools`, or set VERILATOR_ROOT to an installed Verilator 5")]
    NoVerilator,
    /// There is a Verilator, but it can't do what is needed.
    #[error("Verilator at {} does not work ({why}): run `make tools`, or set VERILATOR_ROOT to another", root.display())]
    BadVerilator {
        /// Its root directory.
        root: PathBuf,
        /// What went wrong with the check.
        why: String,
    },
    /// An environment variable of cargo's is missing.
    #[error("{0} is not set: not run from a cargo build script, or `verilated` is not a direct dependency")]
    Environment(&'static str),
    /// A name that is no identifier in both Rust and C++.
    #[error("model name {0:?}: use lower-case letters, digits and underscores, starting with a letter, no keyword")]
    Name(String),
    /// Verilator refused the design.
    #[error("Verilator failed on model {model}:\n{log}")]
    Verilate {
        /// The model.
        model: String,
        /// What Verilator said.
        log: String,
    },
    /// A port that can't be a field.
    #[error("model {model}: port {port}: {why}")]
    Port {
        /// The model.
        model: String,
        /// The port.
        port: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The C++ compiler or the archiver failed.
    #[error("compiling model {model}: {log}")]
    Compile {
        /// The model.
        model: String,
        /// The command and what it said.
        log: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// Adds the path to an I/O error.
pub(crate) trait AtPath<T> {
    fn at(self, path: &std::path::Path) -> Result<T, Error>;
}

impl<T> AtPath<T> for std::io::Result<T> {
    fn at(self, path: &std::path::Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io { path: path.into(), source })
    }
}
