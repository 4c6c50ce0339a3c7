//! Runs the builder as a build script would: it is told everything by environment variables, so all of it is one test.
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use verilated_build::{find_verilator, Design, Error, Model};

const ADD: &str = "module add(input wire clk, input wire [7:0] a, output reg [7:0] q);\n\
                   always @(posedge clk) q <= a + 8'd1;\nendmodule\n";

fn add(name: &str) -> Model {
    Model::new(name, "add").verilog(ADD)
}

fn fails(model: Model) -> Error {
    Design::new().model(model).try_build().expect_err("must be refused")
}

/// The libraries that were built: model name and when.
fn libraries(out: &Path) -> Vec<(String, SystemTime)> {
    let mut found: Vec<_> = std::fs::read_dir(out.join("verilated"))
        .unwrap()
        .flat_map(|dir| std::fs::read_dir(dir.unwrap().path()).unwrap())
        .map(|file| file.unwrap())
        .filter(|file| file.file_name().to_string_lossy().ends_with(".a"))
        .map(|file| {
            (file.file_name().to_string_lossy().into_owned(), file.metadata().unwrap().modified().unwrap())
        })
        .collect();
    found.sort();
    found
}

fn host() -> String {
    let output = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().find_map(|line| line.strip_prefix("host: ")).unwrap().into()
}

#[test]
fn a_build_script_from_end_to_end() {
    let out = tempfile::tempdir().unwrap();
    let out = out.path();
    std::env::set_var("OUT_DIR", out);
    std::env::set_var("TARGET", host());
    std::env::set_var("HOST", host());
    std::env::set_var("OPT_LEVEL", "0");

    finding_verilator(out);
    let verilator = find_verilator().unwrap();
    std::env::set_var("DEP_VERILATED_ROOT", verilator.root());
    let runtime = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../verilated/cpp");
    std::env::set_var("DEP_VERILATED_CPP", runtime);
    std::env::set_var("DEP_VERILATED_TRACE", "0");

    refusals();
    only_what_changed_is_built_again(out);
}

fn finding_verilator(out: &Path) {
    let set = std::env::var_os("VERILATOR_ROOT");
    std::env::set_var("VERILATOR_ROOT", out);
    let error = find_verilator().unwrap_err();
    assert!(matches!(error, Error::BadVerilator { .. }), "{error}");
    assert!(error.to_string().contains("make tools"), "{error}");

    // Something at the right place that isn't Verilator.
    std::fs::create_dir_all(out.join("include")).unwrap();
    std::fs::write(out.join("include/verilated.h"), "").unwrap();
    std::fs::create_dir_all(out.join("bin")).unwrap();
    std::fs::copy("/bin/false", out.join("bin/verilator_bin")).unwrap();
    let error = find_verilator().unwrap_err();
    assert!(error.to_string().contains("does not work"), "{error}");

    std::env::remove_var("VERILATOR_ROOT");
    let (package, path) =
        (std::env::var_os("CARGO_MANIFEST_DIR").unwrap(), std::env::var_os("PATH").unwrap());
    std::env::set_var("CARGO_MANIFEST_DIR", out);
    std::env::set_var("PATH", out.join("include"));
    let error = find_verilator().unwrap_err();
    assert!(matches!(error, Error::NoVerilator), "{error}");
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(error.to_string().contains("run `make tools`"), "{error}");
    std::env::set_var("CARGO_MANIFEST_DIR", package);
    std::env::set_var("PATH", path);
    if let Some(root) = set {
        std::env::set_var("VERILATOR_ROOT", root);
    }
}

fn refusals() {
    let error = fails(Model::new("bad", "bad").verilog("module bad(input wire clk;\nendmodule\n"));
    assert!(matches!(error, Error::Verilate { .. }) && error.to_string().contains("bad.v:1"), "{error}");

    let latch = "module hold(input wire clk, input wire en, input wire d, output reg q);\n\
                 always @(*) begin if (en) q = d; end\nendmodule\n";
    let error = fails(Model::new("hold", "hold").verilog(latch));
    assert!(error.to_string().contains("%Error-LATCH"), "{error}");

    let error = fails(Model::new("pad", "pad").verilog("module pad(inout wire x);\nendmodule\n"));
    assert!(matches!(error, Error::Port { .. }) && error.to_string().contains("inout"), "{error}");

    let error = fails(add("add").clock("ck"));
    assert!(matches!(error, Error::Port { .. }) && error.to_string().contains("clock"), "{error}");

    for name in ["", "1st", "Adder", "a-b", "match"] {
        assert!(matches!(fails(add(name)), Error::Name(_)), "{name}");
    }

    // Widths are the lint's business.
    let wide = "module wide(input wire [7:0] a, output wire [3:0] y);\nassign y = a;\nendmodule\n";
    Design::new().model(Model::new("wide", "wide").verilog(wide)).try_build().unwrap();
}

fn only_what_changed_is_built_again(out: &Path) {
    let build = |second: Model| Design::new().model(add("first")).model(second).try_build().unwrap();
    let of = |name: &str| {
        let mut all = libraries(out).into_iter().filter(|(file, _)| file.ends_with(&format!("_{name}.a")));
        let (found, more) = (all.next().expect("a library"), all.next());
        assert_eq!(more, None, "older states are removed");
        found.1
    };
    build(add("second"));
    let (first, second) = (of("first"), of("second"));
    assert!(out.join("first.rs").is_file() && out.join("second.rs").is_file());
    build(add("second"));
    assert_eq!((of("first"), of("second")), (first, second), "nothing changed");
    build(add("second").verilog("// another text"));
    assert_eq!(of("first"), first);
    assert_ne!(of("second"), second);
    let second = of("second");
    build(add("second").verilog("// another text").x_unique(true));
    assert_ne!(of("second"), second, "flags count");
    assert!(std::fs::read_to_string(out.join("second.rs")).unwrap().contains("random: true"));
}
