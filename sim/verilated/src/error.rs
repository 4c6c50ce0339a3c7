use std::path::PathBuf;

/// What can go wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The C++ constructor failed.
    #[error("model {model} could not be created: {message}")]
    Create {
        /// Name of the model.
        model: &'static str,
        /// What C++ said.
        message: String,
    },
    /// The design stopped: `$fatal`, `$error`, `$stop`, an assertion, or it did not settle.
    #[error("model {model} stopped at {time_ps} ps: {message}")]
    Stopped {
        /// Name of the model.
        model: &'static str,
        /// Simulated time in ps.
        time_ps: u64,
        /// File, line and text as far as known.
        message: String,
    },
    /// A trace was asked for, the model can't write one.
    #[error(
        "model {model} was built without tracing; build with the cargo feature `trace` of the crate that holds it \
         (`--features verilated/trace`) and `.trace(true)` in its build script"
    )]
    TraceNotBuilt {
        /// Name of the model.
        model: &'static str,
    },
    /// Random power-up values were asked for, the model has none.
    #[error(
        "model {model} was built without random power-up values; set `.x_unique(true)` in its build script"
    )]
    RandomNotBuilt {
        /// Name of the model.
        model: &'static str,
    },
    /// Coverage was asked for, the model collects none.
    #[error("model {model} was built without coverage; set `.coverage(true)` in its build script")]
    CoverageNotBuilt {
        /// Name of the model.
        model: &'static str,
    },
    /// The clock period is below 2 ps.
    #[error("a clock period of {period_ps} ps can't be simulated; the minimum is 2 ps")]
    Period {
        /// The period asked for, in ps.
        period_ps: u64,
    },
    /// A file could not be written.
    #[error("can't write {}: {source}", path.display())]
    Io {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
