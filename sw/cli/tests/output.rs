//! What is printed: JSON with the documented fields, help, registers.
#![cfg(feature = "sim")]

mod common;

use common::Bench;
use serde_json::{Map, Value};

/// Fails unless `object` has exactly the fields of `expected`, `name:type` each, and `--help` of the command lists them.
#[track_caller]
fn check(bench: &Bench, object: &Map<String, Value>, command: &str, expected: &str) {
    for field in expected.split_whitespace() {
        let (name, kind) = field.split_once(':').unwrap();
        let value = object.get(name).unwrap_or_else(|| panic!("no field {name}"));
        let right = match kind {
            "text" => value.is_string(),
            "count" => value.is_u64(),
            "number" => value.is_number(),
            "truth" => value.is_boolean(),
            "list" => value.is_array(),
            "count?" => value.is_u64() || value.is_null(),
            other => panic!("no type {other}"),
        };
        assert!(right, "{name} is {value}, not {kind}");
    }
    assert_eq!(object["schema_version"], 1);
    assert_eq!(object["command"], command);
    let mut names: Vec<&str> =
        expected.split_whitespace().map(|field| field.split_once(':').unwrap().0).collect();
    names.sort_unstable();
    assert_eq!(object.keys().map(String::as_str).collect::<Vec<_>>(), names);

    let help = bench.run(&format!("{command} --help")).succeeded().stdout;
    let listed = help.split_once("JSON fields:\n").expect("the help lists the fields").1;
    let listed = listed.lines().take_while(|line| line.starts_with("  ")).flat_map(str::split_whitespace);
    let listed: Vec<&str> = listed.take_while(|word| *word != "operation").collect();
    for name in names {
        assert!(listed.contains(&name), "{name} is not in the help of {command}");
    }
}

#[test]
fn info_as_json() {
    let bench = Bench::new();
    let object = bench.run("info --json").succeeded().json();
    check(
        &bench,
        &object,
        "info",
        "schema_version:count command:text device:text abi:text features:list build_id:count h2c_queues:count \
         c2h_queues:count msix_vectors:count port_bits:count tags:count clock_khz:count \
         h2c_fifo_bytes_per_queue:count c2h_fifo_bytes_per_queue:count link_generation:count link_lanes:count \
         link_up:truth max_payload_bytes:count max_read_request_bytes:count read_completion_boundary_bytes:count \
         extended_tags:truth numa_node:count?",
    );
    assert_eq!((&object["h2c_queues"], &object["c2h_queues"]), (&4.into(), &4.into()));
    let wide = bench.run("--device sim:gen2x8,mps=512,mrrs=1024,rcb=128 info --json").succeeded().json();
    assert_eq!((&wide["link_generation"], &wide["link_lanes"]), (&2.into(), &8.into()));
    assert_eq!((&wide["max_payload_bytes"], &wide["max_read_request_bytes"]), (&512.into(), &1024.into()));
}

#[test]
fn transfer_as_json() {
    let bench = Bench::new();
    for size in [0, 10_000] {
        bench.write("in", size);
        let object = bench.run("transfer -i in -o out --offset 61 --queue 2 --json").succeeded().json();
        check(
            &bench,
            &object,
            "transfer",
            "schema_version:count command:text device:text bytes:count h2c_descriptors:count c2h_descriptors:count \
             fragment_bytes:count fragment_offset:count queue:count wait:text compared_equal:truth \
             device_time_ns:count clocks:count transfer_clocks:count megabytes_per_second:number link:text \
             link_bound_megabytes_per_second:number percent_of_link_bound:number simulated_clocks_per_second:number",
        );
        assert_eq!(object["bytes"], size);
        assert_eq!(object["h2c_descriptors"], size.div_ceil(4096));
        assert_eq!((&object["fragment_offset"], &object["queue"]), (&61.into(), &2.into()));
        assert_eq!(object["compared_equal"], true);
        assert!(object["percent_of_link_bound"].as_f64().unwrap() <= 100.0);
    }
}

#[test]
fn registers_as_json() {
    let bench = Bench::new();
    let object = bench.run("regs SCRATCH=0x1234 scratch 0x40 --json").succeeded().json();
    check(&bench, &object, "regs", "schema_version:count command:text operations:list");
    let operations = object["operations"].as_array().unwrap();
    let facts: Vec<_> =
        operations.iter().map(|o| (&o["operation"], &o["name"], &o["offset"], &o["value"])).collect();
    let (write, read, name, raw) = ("write".into(), "read".into(), "SCRATCH".into(), "BAR0+0x40".into());
    let (at, value) = (0x40.into(), 0x1234.into());
    assert_eq!(
        facts,
        [(&write, &name, &at, &value), (&read, &name, &at, &value), (&read, &raw, &at, &value)]
    );
}

#[test]
fn a_field_is_written_among_its_neighbours() {
    let bench = Bench::new();
    let ran =
        bench.run("regs C2H1.RING_SIZE=0x0808 C2H1.RING_SIZE H2C3.RING_BASE_LO 0x4C LINK.SPEED").succeeded();
    assert_eq!(ran.stdout.lines().count(), 5);
    let all = bench.run("regs list").succeeded().stdout;
    for name in ["MAGIC", "SCRATCH", "H2C0.CTRL", "C2H3.STATUS"] {
        assert!(all.lines().any(|line| line.split(' ').next() == Some(name)), "{name} is not in\n{all}");
    }
}

#[test]
fn the_summary_labels_its_units() {
    let bench = Bench::new();
    bench.write("in", 12_345);
    let text = bench.run("transfer -i in -o out").succeeded().stdout;
    for words in
        ["12,345 bytes", "4 H2C and 4 C2H", "clocks), simulated", "MB/s", "% of the", "clocks per second"]
    {
        assert!(text.contains(words), "{words} is not in\n{text}");
    }
}

#[test]
fn the_options_of_the_simulator_are_listed() {
    let bench = Bench::new();
    for line in ["--device sim:help", "info --device sim:help", "--device sim:help regs list"] {
        let text = bench.run(line).succeeded().stdout;
        for key in ["gen<1-5>x<1|2|4|8|16>", "latency=TIME", "seed=N", "trace=FILE.fst"] {
            assert!(text.contains(key), "{key} is not in what `{line}` prints");
        }
    }
}

#[test]
fn the_help_has_examples_and_exit_codes() {
    let bench = Bench::new();
    let text = bench.run("--help").succeeded().stdout;
    assert!(text.contains("Examples:") && text.contains("Exit codes:") && text.contains("130 interrupted"));
    for line in ["info -h", "transfer -h", "regs -h"] {
        assert!(bench.run(line).succeeded().stdout.contains("Example"), "{line}");
    }
    assert!(bench.run("--version").succeeded().stdout.starts_with("ferrolane "));
}
