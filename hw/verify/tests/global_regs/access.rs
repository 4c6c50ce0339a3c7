//! The block after reset, and accesses to its registers.

use ferrolane_abi::table::Register;
use ferrolane_hw_verify::dut;
use verilated::Dut;

pub fn start(seed: u64) -> Dut {
    let mut dut = dut!(global_regs, seed);
    dut.set("build_id", 0xB01D_1234u64);
    dut.pulse("rst", 2);
    // The counters are being cleared.
    dut.steps(16);
    dut
}

/// Reads, and says if the block reported the offset as unmapped.
pub fn read_at(dut: &mut Dut, offset: u32) -> (u32, bool) {
    dut.set("glob_r_valid", 1u64);
    dut.set("t_r_addr", offset);
    dut.step();
    dut.set("glob_r_valid", 0u64);
    let mut unmapped = 0;
    let mut value = None;
    for _ in 0..8 {
        dut.step();
        unmapped += dut.get("glob_unmapped_rd");
        if dut.is_set("glob_r_done") {
            assert_eq!(value, None, "answered twice");
            value = Some(dut.get("glob_r_data") as u32);
        }
    }
    assert!(unmapped <= 1);
    (value.expect("an answer within 8 clocks"), unmapped == 1)
}

pub fn read(dut: &mut Dut, register: &Register) -> u32 {
    let (value, unmapped) = read_at(dut, register.offset);
    assert!(!unmapped, "{}", register.name);
    value
}

/// Writes, and says if the block reported the offset as unmapped.
pub fn write_at(dut: &mut Dut, offset: u32, data: u32, be: u32) -> bool {
    dut.set("glob_w_valid", 1u64);
    dut.set("t_w_addr", offset);
    dut.set("t_w_data", data);
    dut.set("t_w_be", be);
    dut.step();
    assert!(dut.is_set("glob_w_ready"));
    dut.set("glob_w_valid", 0u64);
    let mut unmapped = 0;
    for _ in 0..4 {
        dut.step();
        unmapped += dut.get("glob_unmapped_wr");
    }
    assert!(unmapped <= 1);
    unmapped == 1
}

pub fn write(dut: &mut Dut, register: &Register, data: u32, be: u32) {
    assert!(!write_at(dut, register.offset, data, be), "{}", register.name);
}

/// The bits that the byte enables let through.
pub fn strobe(be: u32) -> u32 {
    (0..4).filter(|i| be >> i & 1 != 0).fold(0, |mask, i| mask | 0xFF << (8 * i))
}
