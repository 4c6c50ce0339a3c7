//! The builder.
use std::path::{Path, PathBuf};

use crate::error::AtPath;
use crate::ports::Direction;
use crate::{cache, compile, find, ports, rust, shim, verilate, Error, Verilator};

/// One model: a top module, its Verilog and how to build it.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) name: String,
    pub(crate) top: String,
    pub(crate) verilog: String,
    pub(crate) clock: Option<String>,
    pub(crate) trace: bool,
    pub(crate) coverage: bool,
    pub(crate) x_unique: bool,
}

impl Model {
    /// A model to be known as `name` in Rust, of the module `top`.
    pub fn new(name: impl Into<String>, top: impl Into<String>) -> Self {
        Model {
            name: name.into(),
            top: top.into(),
            verilog: String::new(),
            clock: None,
            trace: false,
            coverage: false,
            x_unique: false,
        }
    }

    /// Adds Verilog text; it may hold further modules.
    #[must_use]
    pub fn verilog(mut self, text: impl AsRef<str>) -> Self {
        self.verilog.push_str(text.as_ref());
        self.verilog.push('\n');
        self
    }

    /// Adds a file of Verilog, relative to the package, and has cargo watch it.
    ///
    /// # Panics
    /// If it can't be read.
    #[must_use]
    pub fn verilog_file(self, path: impl AsRef<Path>) -> Self {
        let path = path.as_ref();
        println!("cargo:rerun-if-changed={}", path.display());
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        self.verilog(text)
    }

    /// Names the clock, where it is neither `clk` nor `clock`.
    #[must_use]
    pub fn clock(mut self, port: impl Into<String>) -> Self {
        self.clock = Some(port.into());
        self
    }

    /// Can write FST waveforms, if `verilated` is built with its feature `trace`; about a quarter slower then.
    #[must_use]
    pub fn trace(mut self, on: bool) -> Self {
        self.trace = on;
        self
    }

    /// Collects line and user (`cover property`) coverage.
    #[must_use]
    pub fn coverage(mut self, on: bool) -> Self {
        self.coverage = on;
        self
    }

    /// Registers and memories without an initial value can start with random bits, and X becomes a random constant.
    #[must_use]
    pub fn x_unique(mut self, on: bool) -> Self {
        self.x_unique = on;
        self
    }
}

/// The models of a package.
#[derive(Clone, Debug, Default)]
pub struct Design {
    models: Vec<Model>,
}

/// What a build script is told by its environment.
struct Place {
    out: PathBuf,
    package: String,
    verilator: Verilator,
    runtime_cpp: PathBuf,
    trace: bool,
}

impl Design {
    /// Without models.
    pub fn new() -> Self {
        Design::default()
    }

    /// Adds a model.
    #[must_use]
    pub fn model(mut self, model: Model) -> Self {
        self.models.push(model);
        self
    }

    /// Builds all models that changed, and tells cargo to link them. Prints an error and ends the build script if
    /// that fails.
    pub fn build(&self) {
        if let Err(error) = self.try_build() {
            find::exit(&error);
        }
    }

    /// [`Design::build`] for a build script that wants to handle errors itself.
    ///
    /// # Errors
    /// Whatever is wrong with the design, the tools or the files.
    pub fn try_build(&self) -> Result<(), Error> {
        let place = Place::from_environment()?;
        let mut jobs = Vec::new();
        let mut fresh = Vec::new();
        let mut all = Vec::new();
        for model in &self.models {
            check_name(&model.name)?;
            let trace = model.trace && place.trace;
            let environment = ["CXX", "CXXFLAGS", "AR", "TARGET"].map(|key| (key, std::env::var(key).ok()));
            let entry =
                cache::entry(&place.out, model, trace, &place.verilator, &place.runtime_cpp, &environment)?;
            if !entry.is_done() {
                entry.clear()?;
                place.generate(model, trace, &entry.dir)?;
                let compiler =
                    compile::compiler(&place.verilator.include_dir(), &place.runtime_cpp, &entry.dir);
                jobs.extend(compile::jobs(&model.name, &compiler, &entry.dir)?);
                fresh.push((model, compiler, entry.dir.clone()));
            }
            all.push((model, entry));
        }
        compile::run(jobs)?;
        for (model, compiler, dir) in fresh {
            compile::archive(&model.name, &compiler, &dir, &place.symbol(&model.name))?;
        }
        for (model, entry) in all {
            entry.finish()?;
            place.announce(model, &entry.dir)?;
        }
        Ok(())
    }
}

impl Place {
    fn from_environment() -> Result<Self, Error> {
        let var = |key: &'static str| std::env::var(key).map_err(|_| Error::Environment(key));
        // The runtime has found and checked Verilator; a model must be built with the same one.
        let root = PathBuf::from(var("DEP_VERILATED_ROOT")?);
        let why = || "no include/verilated.h or no verilator_bin in it".into();
        let verilator = Verilator::at(&root).ok_or_else(|| Error::BadVerilator { root, why: why() })?;
        for key in ["CXX", "CXXFLAGS", "AR"] {
            println!("cargo:rerun-if-env-changed={key}");
        }
        println!("cargo:rerun-if-changed={}", verilator.bin().display());
        println!("cargo:rerun-if-changed=build.rs");
        Ok(Place {
            out: PathBuf::from(var("OUT_DIR")?),
            package: var("CARGO_PKG_NAME")?.replace('-', "_"),
            verilator,
            runtime_cpp: PathBuf::from(var("DEP_VERILATED_CPP")?),
            trace: var("DEP_VERILATED_TRACE")? == "1",
        })
    }

    /// A name that no other package in a program has, for a library and for C symbols.
    fn symbol(&self, model: &str) -> String {
        format!("verilated_{}_{model}", self.package)
    }

    /// Verilog to C++ and Rust.
    fn generate(&self, model: &Model, trace: bool, dir: &Path) -> Result<(), Error> {
        let prefix = format!("V{}_{}", self.package, model.name);
        verilate::run(&self.verilator, model, trace, &prefix, dir)?;
        let header = dir.join(format!("{prefix}.h"));
        let mut ports = ports::parse(&model.name, &std::fs::read_to_string(&header).at(&header)?)?;
        let clock = take_clock(model, &mut ports)?;
        let factory = self.symbol(&model.name);
        let face = rust::Face {
            name: &model.name,
            top: &model.top,
            factory: &factory,
            clock: clock.as_ref(),
            ports: &ports,
            trace,
            coverage: model.coverage,
            random: model.x_unique,
        };
        let path = dir.join("model.rs");
        std::fs::write(&path, rust::module(&face)).at(&path)?;
        let shim =
            shim::Shim { prefix: &prefix, factory: &factory, clock: clock.as_ref(), ports: &ports, trace };
        shim::write(&shim, dir)
    }

    /// Publishes the Rust file and tells cargo about library and warnings.
    fn announce(&self, model: &Model, dir: &Path) -> Result<(), Error> {
        let (from, to) = (dir.join("model.rs"), self.out.join(format!("{}.rs", model.name)));
        std::fs::copy(&from, &to).at(&from)?;
        println!("cargo:rustc-link-search=native={}", dir.display());
        println!("cargo:rustc-link-lib=static={}", self.symbol(&model.name));
        let log = dir.join("verilator.log");
        for warning in verilate::warnings(&std::fs::read_to_string(&log).at(&log)?) {
            println!("cargo:warning={}: {warning}", model.name);
        }
        Ok(())
    }
}

fn take_clock(model: &Model, ports: &mut Vec<ports::Port>) -> Result<Option<ports::Port>, Error> {
    let is_clock = |name: &str| {
        let index = |ports: &[ports::Port]| {
            ports.iter().position(|p| p.name == name && p.direction == Direction::Input && p.width == 1)
        };
        index(ports)
    };
    let found = match &model.clock {
        Some(name) => Some(is_clock(name).ok_or_else(|| Error::Port {
            model: model.name.clone(),
            port: name.clone(),
            why: "named as the clock, but the top module has no such 1-bit input",
        })?),
        None => is_clock("clk").or_else(|| is_clock("clock")),
    };
    Ok(found.map(|index| ports.remove(index)))
}

fn check_name(name: &str) -> Result<(), Error> {
    let letters = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let start = name.starts_with(|c: char| c.is_ascii_lowercase());
    if letters && start && !rust::KEYWORDS.contains(&name) {
        Ok(())
    } else {
        Err(Error::Name(name.into()))
    }
}
