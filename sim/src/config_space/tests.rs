//! The configuration space against the PCIe Base Spec.

use super::*;

const BUILD: Build = Build { vectors: 9, user_registers: true };

fn space() -> ConfigSpace {
    ConfigSpace::new(&Options::default(), BUILD)
}

#[test]
fn capability_chain_ends_and_holds_what_it_should() {
    let space = space();
    let mut ids = Vec::new();
    let mut at = space.read(0x34, false) as u16 & 0xFF;
    while at != 0 {
        let dword = space.read(at, false);
        ids.push(dword as u8);
        at = (dword >> 8 & 0xFF) as u16;
    }
    assert_eq!(ids, [0x01, 0x11, 0x10]);
    assert_eq!(space.read(0x100, false), 0x0001_0003);
    assert_eq!(space.read(pci::CAP_MSIX.into(), false) >> 16 & 0x7FF, 8, "nine vectors");
    assert_eq!(space.read(pci::CAP_MSIX as u16 + 4, false), map::MSIX_TABLE_PAGE as u32);
}

#[test]
fn bar_sizing_gives_the_size() {
    let mut space = space();
    space.write(BAR0, u32::MAX, 0xF);
    space.write(BAR0 + 4, u32::MAX, 0xF);
    let mask = u64::from(space.read(BAR0, false) & !0xF) | u64::from(space.read(BAR0 + 4, false)) << 32;
    assert_eq!(!mask + 1, map::BAR0_BYTES);
    assert_eq!(space.read(BAR0, false) & 0xF, 0b0100);
    space.write(USER_BAR, u32::MAX, 0xF);
    let mask = space.read(USER_BAR, false);
    assert_eq!(mask & 0xF, 0b0000, "memory, 32 bit, not prefetchable");
    assert_eq!(u64::from(!mask) + 1, map::USER_BAR_BYTES);
    for none in [0x1C, 0x20, 0x24] {
        space.write(none, u32::MAX, 0xF);
        assert_eq!(space.read(none, false), 0, "no BAR at {none:#x}");
    }
}

#[test]
fn a_bar_answers_when_it_is_assigned_and_memory_is_enabled() {
    let mut space = space();
    for bar in 0..6 {
        assert_eq!(space.bar_base(bar), None, "BAR{bar} after power-up");
    }
    space.update(COMMAND, MEMORY_ENABLE, MEMORY_ENABLE);
    assert_eq!((space.bar_base(0), space.bar_base(2)), (None, None), "not assigned");
    space.firmware();
    assert_eq!((space.bar_base(0), space.bar_base(2)), (Some(BAR0_BASE), Some(USER_BAR_BASE)));
    let hit = |space: &ConfigSpace, address| space.bar_hit(address, 4);
    assert_eq!(hit(&space, BAR0_BASE), Some(0));
    assert_eq!(hit(&space, BAR0_BASE + map::BAR0_BYTES - 4), Some(0));
    assert_eq!(hit(&space, USER_BAR_BASE), Some(2));
    assert_eq!(hit(&space, USER_BAR_BASE + map::USER_BAR_BYTES - 4), Some(2));
    assert_eq!(space.bar_hit(USER_BAR_BASE + map::USER_BAR_BYTES - 4, 8), None, "half of it outside");
    assert_eq!(space.bar_hit(BAR0_BASE + map::BAR0_BYTES - 4, 8), None, "two BARs");
    for outside in [0, BAR0_BASE - 4, USER_BAR_BASE + map::USER_BAR_BYTES, u64::MAX - 3] {
        assert_eq!(hit(&space, outside), None, "{outside:#x}");
    }
    space.write(USER_BAR, 0, 0xF);
    assert_eq!((hit(&space, USER_BAR_BASE), hit(&space, BAR0_BASE)), (None, Some(0)));
    space.firmware();
    space.update(COMMAND, 0xFFFF_0000 | MEMORY_ENABLE, 0);
    assert_eq!((hit(&space, USER_BAR_BASE), hit(&space, BAR0_BASE)), (None, None));
}

#[test]
fn a_card_without_registers_of_its_own_has_one_bar() {
    let mut space = ConfigSpace::new(&Options::default(), Build { user_registers: false, ..BUILD });
    space.firmware();
    assert_eq!(space.read(USER_BAR, false), 0);
    assert_eq!((space.bar_base(0), space.bar_base(2)), (Some(BAR0_BASE), None));
    assert_eq!((space.bar_bytes(0), space.bar_bytes(2)), (map::BAR0_BYTES, 0));
}

#[test]
fn read_only_stays_and_bytes_are_enabled_one_by_one() {
    let mut space = space();
    let id = space.read(0, false);
    space.write(0, 0, 0xF);
    assert_eq!(space.read(0, false), id);
    space.write(COMMAND, 0xFFFF_FFFF, 0b0001);
    assert_eq!(space.read(COMMAND, false) & 0xFFFF, 0x0046);
    assert_eq!(space.read(BYTES - 4, false), 0);
}

#[test]
fn firmware_drives_the_pins() {
    let mut space = space();
    space.firmware();
    let pins = space.pins();
    assert_eq!((pins.mps, pins.mrrs, pins.rcb, pins.ext_tag), (1, 2, false, true));
    assert_eq!((pins.link_speed, pins.link_width, pins.requester_id), (3, 4, CARD_ID));
    assert!(pins.d0 && pins.link_up && !pins.bus_master && !pins.msix_enable);
    assert_eq!(space.bar_base(map::BAR), Some(BAR0_BASE));
    space.set_bus_master(true);
    space.set_msix(true);
    assert!(space.pins().bus_master && space.pins().msix_enable && space.memory_enabled());
    space.set_bus_master(false);
    assert!(!space.pins().bus_master && space.memory_enabled());
}

#[test]
fn flr_is_asked_for_through_device_control_and_clears_the_function() {
    let mut space = space();
    space.firmware();
    space.set_bus_master(true);
    space.set_msix(true);
    assert_eq!(space.read(DEV_CAP, false) >> 28 & 1, 1);
    let control = space.read(DEV_CTL, false);
    space.write(DEV_CTL, control | INITIATE_FLR, 0xF);
    assert!(space.flr_requested());
    assert_eq!(space.read(DEV_CTL, false) & INITIATE_FLR, 0, "reads 0");
    space.flr_done();
    assert!(!space.flr_requested());
    let pins = space.pins();
    assert!(!pins.bus_master && !pins.msix_enable && !space.memory_enabled());
    assert_eq!((pins.mps, pins.mrrs, pins.link_width), (0, 2, 4));
}

#[test]
fn transactions_pending_shows() {
    assert_eq!(space().read(DEV_CTL, true) & TRANSACTIONS_PENDING, TRANSACTIONS_PENDING);
    assert_eq!(space().read(DEV_CTL, false) & TRANSACTIONS_PENDING, 0);
}

#[test]
fn firmware_sets_the_completion_timeout_and_the_pins_follow() {
    let mut space = ConfigSpace::new(&Options::parse("sim:cpl_timeout=100us").unwrap(), BUILD);
    assert_eq!(space.pins().cpl_timeout, 0);
    space.firmware();
    assert_eq!(space.pins().cpl_timeout, 0b0001);
    space.start_flr();
    space.flr_done();
    assert_eq!(space.pins().cpl_timeout, 0);
}

#[test]
fn without_a_link_everything_reads_all_ones_and_nothing_is_written() {
    let mut space = space();
    space.firmware();
    space.set_link_up(false);
    space.set_bus_master(true);
    assert_eq!((space.read(0, false), space.bar_base(map::BAR)), (u32::MAX, None));
    space.set_link_up(true);
    assert!(!space.pins().bus_master && space.read(0, false) != u32::MAX);
    space.set_mps(512);
    space.set_mrrs(4096);
    space.set_link(1, 2);
    let pins = space.pins();
    assert_eq!((pins.mps, pins.mrrs, pins.link_speed, pins.link_width), (2, 5, 1, 2));
}
