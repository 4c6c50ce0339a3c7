//! `ferrolane info`.

use anyhow::Result;
use serde::Serialize;

use crate::args::Args;
use crate::output::{json, Lines};
use crate::{device, units};

#[derive(Serialize)]
struct Info {
    device: String,
    abi: String,
    features: Vec<&'static str>,
    build_id: u32,
    h2c_queues: u32,
    c2h_queues: u32,
    msix_vectors: u32,
    port_bits: u32,
    tags: u32,
    clock_khz: u32,
    h2c_fifo_bytes_per_queue: u32,
    c2h_fifo_bytes_per_queue: u32,
    link_generation: u32,
    link_lanes: u32,
    link_up: bool,
    max_payload_bytes: u32,
    max_read_request_bytes: u32,
    read_completion_boundary_bytes: u32,
    extended_tags: bool,
    numa_node: Option<u32>,
}

/// Runs it. Looks without resetting.
pub fn run(args: &Args) -> Result<()> {
    let opened = device::open(&args.device, false)?;
    let p = opened.device.parameters();
    let link = opened.device.link()?;
    let facts = opened.device.transport().facts();
    let info = Info {
        device: facts.name.clone(),
        abi: format!("{}.{}", p.abi_major, p.abi_minor),
        features: p.features.known().map(|f| f.name).collect(),
        build_id: p.build_id,
        h2c_queues: p.h2c_queues,
        c2h_queues: p.c2h_queues,
        msix_vectors: p.vectors,
        port_bits: p.port_bits,
        tags: p.tags,
        clock_khz: p.clock_khz,
        h2c_fifo_bytes_per_queue: p.h2c_share_bytes,
        c2h_fifo_bytes_per_queue: p.c2h_share_bytes,
        link_generation: link.generation,
        link_lanes: link.lanes,
        link_up: link.up,
        max_payload_bytes: link.max_payload,
        max_read_request_bytes: link.max_read_request,
        read_completion_boundary_bytes: link.read_completion_boundary,
        extended_tags: link.extended_tags,
        numa_node: facts.numa_node,
    };
    if args.json {
        return json("info", &info);
    }
    let mut lines = Lines::default();
    lines.add("device", &info.device);
    lines.add("ABI", &info.abi);
    lines.add("features", info.features.join(" "));
    lines.add("queues", format!("{} H2C, {} C2H", info.h2c_queues, info.c2h_queues));
    lines.add("interrupts", format!("{} MSI-X vectors", info.msix_vectors));
    lines.add(
        "engine",
        format!("{}-bit port, {} tags, {} MHz", info.port_bits, info.tags, f64::from(info.clock_khz) / 1e3),
    );
    lines.add(
        "FIFO",
        format!(
            "{} bytes per H2C queue, {} bytes per C2H queue",
            units::grouped(info.h2c_fifo_bytes_per_queue.into()),
            units::grouped(info.c2h_fifo_bytes_per_queue.into())
        ),
    );
    lines.add(
        "link",
        format!(
            "Gen{} x{}{}, MPS {} bytes, MRRS {} bytes, RCB {} bytes",
            info.link_generation,
            info.link_lanes,
            if info.link_up { "" } else { " (down)" },
            info.max_payload_bytes,
            info.max_read_request_bytes,
            info.read_completion_boundary_bytes
        ),
    );
    if let Some(node) = info.numa_node {
        lines.add("NUMA node", node);
    }
    lines.print()
}
