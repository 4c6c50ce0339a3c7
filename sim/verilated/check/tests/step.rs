//! What a step means, and how ports map to words.
use verilated::{Direction, Dut, Options, Port};
use verilated_check::{by_name, dual, plain};

fn model() -> plain::Model {
    plain::Model::new(&Options::default()).unwrap()
}

#[test]
fn outputs_are_of_the_cycle_that_the_edge_ends() {
    let mut model = model();
    let (mut i, mut o) = (plain::In::default(), plain::Out::default());
    i.a = 7;
    model.step(&i, &mut o).unwrap();
    assert_eq!(o.a_next, 8, "a combinational path shows this step's input");
    assert_eq!(o.a_q, 0, "a register does not yet");
    i.a = 9;
    model.step(&i, &mut o).unwrap();
    assert_eq!((o.a_next, o.a_q), (10, 7), "the last step's edge took the 7");
}

#[test]
fn one_step_is_one_clock() {
    let mut dut = Dut::new(model());
    dut.pulse("rst", 2);
    for clock in 0..100 {
        dut.step();
        assert_eq!(dut.get("count"), clock);
    }
    assert_eq!(dut.clocks(), 102);
    assert_eq!(dut.core().time_ps(), 102 * 4000);
}

#[test]
fn time_follows_the_period() {
    let options = Options { period_ps: 3333, ..Options::default() };
    let mut dut = Dut::new(plain::Model::new(&options).unwrap());
    dut.steps(3);
    assert_eq!(dut.core().time_ps(), 3 * 3333);
    let error = plain::Model::new(&Options { period_ps: 1, ..Options::default() }).unwrap_err();
    assert!(error.to_string().contains("minimum is 2 ps"), "{error}");
}

#[test]
fn every_width_keeps_every_bit() {
    let mut model = model();
    let (mut i, mut o) = (plain::In::default(), plain::Out::default());
    i.w32 = 0x8000_0001;
    i.w33 = [0x1234_5678, 1];
    i.w64 = [0x89ab_cdef, 0x0123_4567];
    i.w100 = [1, 2, 3, 0xa];
    i.w128 = [0x1111_1111, 0x2222_2222, 0x4444_4444, 0x8888_8888];
    model.step(&i, &mut o).unwrap();
    assert_eq!(o.n32, 0x7fff_fffe);
    assert_eq!(o.n33, [0xedcb_a987, 0]);
    assert_eq!(o.n64, [0x7654_3210, 0xfedc_ba98]);
    assert_eq!(o.n100, [!1, !2, !3, 5]);
    assert_eq!(o.n128, [0xeeee_eeee, 0xdddd_dddd, 0xbbbb_bbbb, 0x7777_7777]);
}

#[test]
fn bits_beyond_the_width_are_ignored() {
    let mut model = model();
    let (mut i, mut o) = (plain::In::default(), plain::Out::default());
    i.a = 0xffff_ff05;
    i.w33 = [0, u32::MAX];
    i.w100 = [0, 0, 0, u32::MAX];
    model.step(&i, &mut o).unwrap();
    assert_eq!(o.a_next, 6);
    assert_eq!(o.n33, [u32::MAX, 0]);
    assert_eq!(o.n100, [u32::MAX, u32::MAX, u32::MAX, 0]);
}

#[test]
fn names_reach_rust_as_in_verilog() {
    let mut model = model();
    let (mut i, mut o) = (plain::In::default(), plain::Out::default());
    i.a__b = 1;
    model.step(&i, &mut o).unwrap();
    assert_eq!((o.r#match, o.type_), (1, 0));
}

#[test]
fn the_port_table_lists_all_but_the_clock() {
    let port = |name: &str| plain::PORTS.iter().find(|p| p.name == name).copied();
    assert_eq!(port("clk"), None);
    let Some(Port { width: 128, direction: Direction::Input, .. }) = port("w128") else {
        panic!("{:?}", port("w128"))
    };
    assert_eq!(port("n100").unwrap().words(), 4);
    assert_eq!(port("rst").unwrap().direction, Direction::Input);
    let words = |d| plain::PORTS.iter().filter(|p| p.direction == d).map(Port::words).sum::<usize>();
    assert_eq!(words(Direction::Input) * 4, size_of::<plain::In>());
    assert_eq!(words(Direction::Output) * 4, size_of::<plain::Out>());
}

#[test]
fn by_name_access_covers_all_widths() {
    let mut dut = Dut::new(model());
    dut.set("w32", 0xffff_0000u32);
    dut.set("w33", 0x1_0000_0002u64);
    dut.set("w64", u64::MAX);
    dut.set_wide("w128", &[0, 5]);
    dut.step();
    assert_eq!(dut.get("n32"), 0xffff);
    assert_eq!(dut.get("n33"), 0xffff_fffd);
    assert_eq!(dut.get("n64"), 0);
    assert_eq!(dut.get_wide("n128"), [u32::MAX, !5, u32::MAX, u32::MAX]);
    assert_eq!(dut.get("w33"), 0x1_0000_0002, "an input reads as set");
    dut.set("w128", 3u64);
    dut.step();
    assert_eq!(dut.get_wide("n128"), [!3, u32::MAX, u32::MAX, u32::MAX], "a narrow value clears the rest");
    assert!(!dut.is_set("n64") && dut.is_set("n128"));
}

#[test]
#[should_panic(expected = "no port wem; inputs:")]
fn an_unknown_port_panics_with_the_names() {
    Dut::new(model()).set("wem", 1u64);
}

#[test]
#[should_panic(expected = "doesn't fit port a of 8 bits")]
fn a_value_too_wide_panics() {
    Dut::new(model()).set("a", 256u64);
}

#[test]
#[should_panic(expected = "doesn't fit port w100 of 100 bits")]
fn wide_values_too_wide_panic() {
    Dut::new(model()).set_wide("w100", &[0, 0, 0, 16]);
}

#[test]
#[should_panic(expected = "port count of plain is an output")]
fn an_output_cannot_be_set() {
    Dut::new(model()).set("count", 1u64);
}

#[test]
fn step_until_counts_the_wait() {
    let mut dut = Dut::new(model());
    dut.pulse("rst", 1);
    assert_eq!(dut.step_until("count", 10), 1, "0, then 1");
}

#[test]
#[should_panic(expected = "match of plain stayed 0 for 5 clocks")]
fn step_until_gives_up() {
    Dut::new(model()).step_until("match", 5);
}

#[test]
fn two_clocks_are_driven_as_inputs() {
    let mut dut = Dut::new(dual::Model::new(&Options::default()).unwrap());
    dut.set("d", 0x5au64);
    dut.step();
    dut.set("wclk", 1u64);
    dut.step();
    dut.set("d", 0u64);
    assert_eq!(dut.get("q"), 0);
    dut.set("rclk", 1u64);
    dut.step();
    assert_eq!(dut.get("q"), 0x5a, "without a clock of its own, a step settles with the inputs as given");
}

#[test]
fn a_clock_can_be_named() {
    assert!(by_name::PORTS.iter().all(|p| p.name != "wclk"));
    let mut dut = Dut::new(by_name::Model::new(&Options::default()).unwrap());
    dut.set("d", 0x5au64);
    dut.step();
    dut.set("rclk", 1u64);
    dut.step();
    assert_eq!(dut.get("q"), 0x5a);
}
