//! Designs that stop, and files that are written.
use std::path::Path;

use verilated::{Dut, Error, Options};
use verilated_check::{plain, probe, spin};

fn dut() -> Dut {
    let mut dut = Dut::new(probe::Model::new(&Options::default()).unwrap());
    dut.pulse("rst", 1);
    dut.steps(3);
    dut
}

/// The message after `input` was set in the fifth step.
fn stop_by(input: &str) -> String {
    let mut dut = dut();
    dut.set(input, 1u64);
    let error = dut.try_step().unwrap_err();
    let Error::Stopped { model, time_ps, message } = &error else { panic!("{error}") };
    assert_eq!((*model, *time_ps), ("probe", 5 * 4000));
    assert!(dut.core().finished());
    dut.set(input, 0u64);
    assert_eq!(dut.try_step().unwrap_err().to_string(), error.to_string(), "a stopped design stays so");
    message.clone()
}

#[test]
fn fatal_is_an_error() {
    let message = stop_by("do_fatal");
    assert!(message.contains("probe.v:") && message.contains("told to be fatal at 3"), "{message}");
}

#[test]
fn error_is_an_error() {
    let message = stop_by("do_error");
    assert!(message.contains("told to fail at 3"), "{message}");
}

#[test]
fn a_failed_assertion_is_an_error() {
    let mut dut = dut();
    dut.set("wen", 1u64);
    dut.set("addr", 14u64);
    dut.step();
    dut.set("addr", 15u64);
    let error = dut.try_step().unwrap_err().to_string();
    assert!(error.contains("Assertion failed") && error.contains("no_write_to_15"), "{error}");
}

#[test]
fn a_design_that_does_not_settle_is_an_error() {
    let mut dut = Dut::new(spin::Model::new(&Options::default()).unwrap());
    dut.step();
    dut.set("go", 1u64);
    let error = dut.try_step().unwrap_err().to_string();
    assert!(error.contains("did not converge"), "{error}");
}

#[test]
#[should_panic(expected = "told to be fatal")]
fn by_name_a_stop_panics() {
    let mut dut = dut();
    dut.set("do_fatal", 1u64);
    dut.step();
}

#[test]
fn a_stop_is_of_one_model_only() {
    let mut other = dut();
    stop_by("do_fatal");
    other.step();
    assert_eq!(other.get("count"), 3);
    assert!(!other.core().finished());
}

#[test]
fn finish_is_only_a_flag() {
    let mut dut = dut();
    dut.set("do_finish", 1u64);
    assert!(!dut.core().finished());
    dut.step();
    assert!(dut.core().finished());
    dut.set("do_finish", 0u64);
    dut.step();
    assert_eq!(dut.get("count"), 4);
}

#[test]
fn printing_goes_on() {
    let mut dut = dut();
    dut.set("do_print", 1u64);
    dut.steps(3);
    assert_eq!(dut.get("count"), 5);
}

#[test]
fn coverage_counts_the_covered_property() {
    let dir = tempfile::tempdir().unwrap();
    let count = |writes: u64| {
        let mut dut = dut();
        dut.set("wen", 1u64);
        dut.steps(writes);
        let path = dir.path().join(format!("{writes}.dat"));
        dut.core().write_coverage(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let line = text
            .lines()
            .find(|l| l.contains("write_to_0"))
            .expect("a line for the cover property")
            .to_string();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    assert_eq!((count(0), count(6)), (0, 6));
}

#[test]
fn coverage_that_is_not_there_is_an_error() {
    let mut model = plain::Model::new(&Options::default()).unwrap();
    let error = model.write_coverage(Path::new("never-written.dat")).unwrap_err();
    assert!(matches!(error, Error::CoverageNotBuilt { model: "plain" }), "{error}");
    let mut model = probe::Model::new(&Options::default()).unwrap();
    let error = model.write_coverage(Path::new("no-such-directory/a.dat")).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn a_model_without_tracing_says_how_to_get_it() {
    let options = Options { trace: Some("never-written.fst".into()), ..Options::default() };
    let error = plain::Model::new(&options).unwrap_err();
    assert!(matches!(error, Error::TraceNotBuilt { model: "plain" }), "{error}");
    assert!(error.to_string().contains("--features verilated/trace"), "{error}");
    assert!(!Path::new("never-written.fst").exists());
    #[cfg(not(feature = "trace"))]
    assert!(matches!(probe::Model::new(&options).unwrap_err(), Error::TraceNotBuilt { .. }));
}

#[cfg(feature = "trace")]
mod trace {
    use super::*;

    /// FST block types: a file begins with a header block (0) of 329 bytes.
    fn is_fst(path: &Path) -> bool {
        let bytes = std::fs::read(path).unwrap();
        bytes.len() > 400 && bytes[0] == 0 && bytes[1..9] == 329u64.to_be_bytes()
    }

    /// First and last time in a file's header.
    fn times(path: &Path) -> (u64, u64) {
        let bytes = std::fs::read(path).unwrap();
        let word = |at: usize| u64::from_be_bytes(bytes[at..at + 8].try_into().unwrap());
        (word(9), word(17))
    }

    #[test]
    fn a_trace_holds_both_halves_of_each_clock() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.fst");
        let options = Options { trace: Some(path.clone()), ..Options::default() };
        let mut dut = Dut::new(probe::Model::new(&options).unwrap());
        dut.steps(10);
        drop(dut);
        assert!(is_fst(&path));
        assert_eq!(times(&path), (0, 9 * 4000 + 2000), "the last edge, half a period into clock 9");
    }

    #[test]
    fn a_trace_can_start_and_end_later() {
        let dir = tempfile::tempdir().unwrap();
        let (first, second) = (dir.path().join("a.fst"), dir.path().join("b.fst"));
        let mut dut = Dut::new(probe::Model::new(&Options::default()).unwrap());
        dut.steps(5);
        dut.core().open_trace(&first).unwrap();
        dut.steps(2);
        dut.core().flush_trace().unwrap();
        dut.core().open_trace(&second).unwrap();
        dut.steps(1);
        dut.core().close_trace().unwrap();
        dut.steps(1);
        assert!(is_fst(&first) && is_fst(&second));
        assert_eq!(times(&first), (5 * 4000, 6 * 4000 + 2000));
        assert_eq!(times(&second), (7 * 4000, 7 * 4000 + 2000));
    }

    #[test]
    fn a_stopped_design_leaves_a_complete_trace() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.fst");
        let mut dut = dut();
        dut.core().open_trace(&path).unwrap();
        dut.set("do_fatal", 1u64);
        dut.try_step().unwrap_err();
        drop(dut);
        assert!(is_fst(&path));
        assert_eq!(times(&path).1, 4 * 4000 + 2000);
    }

    #[test]
    fn a_path_that_cannot_be_written_is_an_error() {
        let options = Options { trace: Some("no-such-directory/a.fst".into()), ..Options::default() };
        assert!(matches!(probe::Model::new(&options).unwrap_err(), Error::Io { .. }));
    }
}
