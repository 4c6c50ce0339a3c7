use std::path::Path;

use cxx::{let_cxx_string, UniquePtr};

use crate::bridge::ffi;
use crate::{Direction, Error, Options, Port};

/// Passed to a generated C++ factory; `verilated_rt::Settings` has the same layout.
#[doc(hidden)]
#[repr(C)]
pub struct Settings {
    seed: u64,
    period_ps: u64,
    randomize: bool,
}

/// Opaque C++ model, for the signature of [`Factory`].
#[doc(hidden)]
#[repr(C)]
pub struct RawModel {
    _opaque: [u8; 0],
}

/// For generated code: what a build script knew about a model.
#[doc(hidden)]
pub struct Factory {
    /// Name given in the build script.
    pub name: &'static str,
    /// All ports but the clock.
    pub ports: &'static [Port],
    /// Built with tracing.
    pub trace: bool,
    /// Built with coverage.
    pub coverage: bool,
    /// Built with random power-up values.
    pub random: bool,
    /// Creates the C++ object; null on failure.
    pub create: unsafe extern "C" fn(*const Settings) -> *mut RawModel,
}

/// A running model, without the names of its ports. Generated `Model` types dereference to it.
pub struct Core {
    model: UniquePtr<ffi::Model>,
    factory: &'static Factory,
    in_words: usize,
    out_words: usize,
}

// SAFETY: a C++ model owns all of its state: one context, one single-threaded design, at most one trace file. The
// thread-local pointers of Verilator and of the runtime that name a model or its context are set anew by each call that
// reads them (`Model::Scope` in cpp/model.cpp), and the process-wide one is written under a lock, so no call depends on
// the thread that made an earlier one. It isn't Sync: nothing guards two calls at a time.
unsafe impl Send for Core {}

impl Core {
    /// Creates a model. For generated code.
    ///
    /// # Errors
    /// What was asked for isn't built in, the trace file can't be written, or C++ failed.
    ///
    /// # Safety
    /// `factory.create` must be the C++ factory that was generated together with `factory.ports`.
    #[doc(hidden)]
    pub unsafe fn new(factory: &'static Factory, options: &Options) -> Result<Self, Error> {
        let model = factory.name;
        if options.randomize && !factory.random {
            return Err(Error::RandomNotBuilt { model });
        }
        if options.trace.is_some() && !factory.trace {
            return Err(Error::TraceNotBuilt { model });
        }
        if options.period_ps < 2 {
            return Err(Error::Period { period_ps: options.period_ps });
        }
        let settings =
            Settings { seed: options.seed, period_ps: options.period_ps, randomize: options.randomize };
        // SAFETY: `settings` outlives the call, and is all that a factory reads.
        let raw = unsafe { (factory.create)(&settings) };
        if raw.is_null() {
            return Err(Error::Create { model, message: ffi::creation_error().to_string() });
        }
        // SAFETY: a factory returns a new `verilated_rt::Model` that nobody else knows of, to be deleted by its owner.
        let raw = unsafe { UniquePtr::from_raw(raw.cast::<ffi::Model>()) };
        let mut core = Core {
            model: raw,
            factory,
            in_words: words(factory.ports, Direction::Input),
            out_words: words(factory.ports, Direction::Output),
        };
        if let Some(path) = &options.trace {
            core.open_trace(path)?;
        }
        Ok(core)
    }

    /// Name of the model, as in the build script.
    pub fn name(&self) -> &'static str {
        self.factory.name
    }

    /// All ports but the clock.
    pub fn ports(&self) -> &'static [Port] {
        self.factory.ports
    }

    /// Simulated time in ps.
    pub fn time_ps(&self) -> u64 {
        self.model.time()
    }

    /// Whether the design has executed `$finish`, or has stopped.
    pub fn finished(&self) -> bool {
        self.model.finished()
    }

    /// One clock, with the ports as words in the order of [`Core::ports`]. Bits beyond a port's width are ignored.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the design stops, now or earlier.
    ///
    /// # Panics
    /// If a slice hasn't as many words as the ports take.
    #[inline]
    pub fn step_words(&mut self, input: &[u32], output: &mut [u32]) -> Result<(), Error> {
        assert_eq!(input.len(), self.in_words, "input words");
        assert_eq!(output.len(), self.out_words, "output words");
        // SAFETY: the lengths are those of the port table, which was generated with the C++ that uses the pointers.
        let going = unsafe { self.model.pin_mut().step(input.as_ptr(), output.as_mut_ptr()) };
        if going {
            Ok(())
        } else {
            Err(self.stopped())
        }
    }

    /// Starts to write an FST waveform; one that is open is closed first.
    ///
    /// # Errors
    /// The model can't trace, has stopped, or the file can't be written.
    pub fn open_trace(&mut self, path: &Path) -> Result<(), Error> {
        if !self.factory.trace {
            return Err(Error::TraceNotBuilt { model: self.factory.name });
        }
        self.close_trace()?;
        probe(path)?;
        let_cxx_string!(c_path = path.as_os_str().as_encoded_bytes());
        let opened = self.model.pin_mut().trace_open(&c_path);
        self.check(opened, path)
    }

    /// Writes out what the open trace, if any, still buffers.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the design has stopped.
    pub fn flush_trace(&mut self) -> Result<(), Error> {
        let flushed = self.model.pin_mut().trace_flush();
        flushed.then_some(()).ok_or_else(|| self.stopped())
    }

    /// Ends the open trace, if any. Dropping the model does so, too.
    ///
    /// # Errors
    /// [`Error::Stopped`] if the design has stopped.
    pub fn close_trace(&mut self) -> Result<(), Error> {
        let closed = self.model.pin_mut().trace_close();
        closed.then_some(()).ok_or_else(|| self.stopped())
    }

    /// Writes the line and user coverage collected so far, in Verilator's format. Works on a stopped model, too.
    ///
    /// # Errors
    /// The model collects none, or the file can't be written.
    pub fn write_coverage(&mut self, path: &Path) -> Result<(), Error> {
        if !self.factory.coverage {
            return Err(Error::CoverageNotBuilt { model: self.factory.name });
        }
        probe(path)?;
        let_cxx_string!(c_path = path.as_os_str().as_encoded_bytes());
        let written = self.model.pin_mut().coverage_write(&c_path);
        self.check(written, path)
    }

    fn check(&self, done: bool, path: &Path) -> Result<(), Error> {
        if done {
            Ok(())
        } else if self.model.failure().is_empty() {
            Err(Error::Io { path: path.into(), source: std::io::Error::other("the C++ writer failed") })
        } else {
            Err(self.stopped())
        }
    }

    #[cold]
    fn stopped(&self) -> Error {
        Error::Stopped {
            model: self.factory.name,
            time_ps: self.model.time(),
            message: self.model.failure().to_string(),
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if !self.factory.coverage {
            return;
        }
        if let Err(error) = crate::coverage::collect(self) {
            eprintln!("coverage of {} is lost: {error}", self.factory.name);
        }
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").field("name", &self.name()).field("time_ps", &self.time_ps()).finish()
    }
}

fn words(ports: &[Port], direction: Direction) -> usize {
    ports.iter().filter(|p| p.direction == direction).map(Port::words).sum()
}

/// Verilator's writers don't say why they can't open a file.
fn probe(path: &Path) -> Result<(), Error> {
    std::fs::File::create(path).map(drop).map_err(|source| Error::Io { path: path.into(), source })
}
