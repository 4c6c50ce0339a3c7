//! Verilates the builds of the engine and lists them for the bench.
//!
//! With `FERROLANE_ENGINES=w128_q4,w256_q4` in the environment only those.

use std::fmt::Write;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=FERROLANE_ENGINES");
    let only = std::env::var("FERROLANE_ENGINES").unwrap_or_default();
    let mut design = verilated_build::Design::new();
    let mut list = String::from("engines! {\n");
    for engine in ferrolane_hw::top::ENGINES {
        let name = engine.module.trim_start_matches("ferrolane_engine_");
        if !only.is_empty() && !only.split(',').any(|wanted| wanted == name) {
            continue;
        }
        let model =
            verilated_build::Model::new(name, engine.module).verilog((engine.verilog)()).x_unique(true);
        design = design.model(model);
        let (width, queues, tags) = (engine.width, engine.queues, engine.tags);
        let (role, share) = (engine.role, engine.c2h_share);
        let _ =
            writeln!(list, "    {role:?} {name}: {width} bits, {queues} queues, {tags} tags, {share} bytes;");
    }
    list.push_str("}\n");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    std::fs::write(out.join("engines.rs"), list).expect("OUT_DIR can be written");
    design.build();
}
