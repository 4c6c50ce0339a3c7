//! Tables and the JSON file.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::feed::Taken;
use crate::host::link_name;
use crate::latency::{Latency, Span};
use crate::loss::{shares, Loss, STALL_NS};
use crate::row::{flow_name, Outcome};
use crate::wire::Purpose;

/// A row of the JSON file.
#[derive(Serialize)]
struct Record {
    engine: &'static str,
    width: usize,
    link: String,
    direction: &'static str,
    fragment_bytes: u32,
    queues: usize,
    latency_ns: u64,
    tags: usize,
    bytes_per_clock: f64,
    bound_bytes_per_clock: f64,
    percent_of_bound: f64,
    floor: Option<f64>,
    met: Option<bool>,
    clocks_per_fragment: f64,
    overhead_up: f64,
    overhead_up_reference: f64,
    overhead_down: f64,
    overhead_down_reference: f64,
    h2c_bytes_per_clock: f64,
    c2h_bytes_per_clock: f64,
    busy_up: f64,
    busy_down: f64,
    reads_open_mean: f64,
    reads_open_most: u64,
    fetches_open_mean: f64,
    descriptors_per_fetch: f64,
    records_per_tlp: f64,
    source_waits: f64,
    source_paused: f64,
    tx_rd_waits: f64,
    tx_wr_waits: f64,
}

/// Three decimals are enough for anyone who compares runs.
fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn ratio(of: u64, by: u64) -> f64 {
    if by == 0 {
        0.0
    } else {
        round(of as f64 / by as f64)
    }
}

impl Record {
    fn new(o: &Outcome) -> Self {
        let (row, counts, clocks) = (&o.row, &o.counts, o.counts.clock);
        let (fetch, records) = (counts.of(Purpose::FetchAnswer), counts.of(Purpose::RecordWrite));
        Record {
            width: row.build.width,
            link: link_name(row.build.width),
            direction: flow_name(row.flow),
            fragment_bytes: row.fragment,
            engine: row.build.name,
            queues: row.queues,
            latency_ns: row.place.latency_ns,
            tags: row.build.tags,
            bytes_per_clock: round(o.bytes_per_clock),
            bound_bytes_per_clock: round(o.bound),
            percent_of_bound: round(o.percent()),
            floor: row.floor(),
            met: o.met(),
            clocks_per_fragment: round(o.clocks_per_fragment()),
            overhead_up: round(o.overhead[0][0]),
            overhead_up_reference: round(o.overhead[0][1]),
            overhead_down: round(o.overhead[1][0]),
            overhead_down_reference: round(o.overhead[1][1]),
            h2c_bytes_per_clock: ratio(counts.of(Purpose::DataAnswer).payload, clocks),
            c2h_bytes_per_clock: ratio(counts.of(Purpose::DataWrite).payload, clocks),
            busy_up: round(o.busy[0]),
            busy_down: round(o.busy[1]),
            reads_open_mean: round(counts.mean_reads()),
            reads_open_most: o.most_reads,
            fetches_open_mean: round(counts.mean_fetches()),
            descriptors_per_fetch: ratio(fetch.payload / 16, counts.of(Purpose::Fetch).tlps),
            records_per_tlp: ratio(records.payload / 16, records.tlps),
            source_waits: ratio(o.clocks.c2h_waits, clocks),
            source_paused: ratio(o.clocks.c2h_paused, clocks),
            tx_rd_waits: ratio(o.clocks.rd_waits, clocks),
            tx_wr_waits: ratio(o.clocks.wr_waits, clocks),
        }
    }
}

/// Writes the JSON file.
///
/// # Errors
/// It can't be written.
pub fn json(path: &Path, outcomes: &[Outcome]) -> Result<()> {
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).with_context(|| format!("making {}", dir.display()))?;
    }
    let rows: Vec<Record> = outcomes.iter().map(Record::new).collect();
    let text = serde_json::to_string_pretty(&rows)?;
    std::fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))
}

/// The main table.
pub fn table(outcomes: &[Outcome]) {
    println!(
        "{:<10} {:<7} {:>4} {:>6} {:>3} {:<4} {:>5}  {:>7} {:>7} {:>6} {:>5}  {:<6}  {:>7}  {:>6} {:>6}  {:>6} {:>6}",
        "engine", "link", "tags", "ns", "q", "way", "bytes", "B/clk", "bound", "%", "floor", "", "clk/frg", "up", "ref",
        "down", "ref"
    );
    for o in outcomes {
        let row = &o.row;
        let floor = row.floor().map_or(String::from("-"), |floor| format!("{floor:.0}"));
        let verdict = match o.met() {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        println!(
            "{:<10} {:<7} {:>4} {:>6} {:>3} {:<4} {:>5}  {:>7.3} {:>7.3} {:>6.1} {:>5}  {:<6}  {:>7.1}  {:>6.1} {:>6.1}  {:>6.1} {:>6.1}",
            row.build.name,
            link_name(row.build.width),
            row.build.tags,
            row.place.latency_ns,
            row.queues,
            flow_name(row.flow),
            row.fragment,
            o.bytes_per_clock,
            o.bound,
            o.percent(),
            floor,
            verdict,
            o.clocks_per_fragment(),
            o.overhead[0][0],
            o.overhead[0][1],
            o.overhead[1][0],
            o.overhead[1][1],
        );
    }
    println!("B/clk, bound: payload bytes per clock, both ways together; up, down: bytes of overhead per fragment on the");
    println!("wire to the host and to the card, ours and (ref) the bound's; clk/frg: clocks per fragment.");
}

/// What limits each row: how busy wires, tags and streams were.
pub fn limits(outcomes: &[Outcome]) {
    println!(
        "\n{:<10} {:>6} {:>3} {:<4} {:>5}  {:>5} {:>5}  {:>6} {:>5} {:>6} {:>7} {:>7}  {:>6} {:>6} {:>6} {:>6}",
        "engine",
        "ns",
        "q",
        "way",
        "bytes",
        "up%",
        "down%",
        "reads",
        "most",
        "fetch",
        "dsc/fet",
        "rec/tlp",
        "srcwt",
        "paused",
        "rdwt",
        "wrwt"
    );
    for o in outcomes {
        let r = Record::new(o);
        println!(
            "{:<10} {:>6} {:>3} {:<4} {:>5}  {:>5.1} {:>5.1}  {:>6.1} {:>5} {:>6.2} {:>7.1} {:>7.1}  {:>6.2} {:>6.2} {:>6.2} {:>6.2}",
            o.row.build.name,
            r.latency_ns,
            r.queues,
            r.direction,
            r.fragment_bytes,
            100.0 * r.busy_up,
            100.0 * r.busy_down,
            r.reads_open_mean,
            r.reads_open_most,
            r.fetches_open_mean,
            r.descriptors_per_fetch,
            r.records_per_tlp,
            r.source_waits,
            r.source_paused,
            r.tx_rd_waits,
            r.tx_wr_waits,
        );
    }
    println!("up, down: use of the wires; reads, most: data reads unanswered, mean and most; fetch: fetches unanswered;");
    println!("share of clocks in which the source waited or was paused on all queues, tx_rd and tx_wr waited for the link.");
}

fn span(span: Span) -> String {
    if span.least == span.most {
        span.least.to_string()
    } else {
        format!("{} to {}", span.least, span.most)
    }
}

/// Latencies of an idle engine.
pub fn latency(name: &str, mode: &str, latency: &Latency) {
    let (first, data) = (span(latency.first), span(latency.data));
    println!("{name}, {mode}: doorbell to the first read {first} clocks, to the read of data {data} clocks");
}

/// The feed modes.
pub fn feeds(name: &str, feeds: &[Taken]) {
    println!("\n{name}: 64 fragments of 1 KiB to the card in each feed mode");
    println!(
        "{:<8} {:>8} {:>8} {:>8} {:>10} {:>11}",
        "mode", "clocks", "TLPs up", "down", "interrupts", "MMIO writes"
    );
    for t in feeds {
        println!(
            "{:<8} {:>8} {:>8} {:>8} {:>10} {:>11}",
            format!("{:?}", t.feed).to_lowercase(),
            t.clocks,
            t.up,
            t.down,
            t.interrupts,
            t.writes
        );
    }
}

/// What sources in real time lose, by their queue's share of the FIFO.
pub fn losses(losses: &[Loss]) {
    println!(
        "\nPercent of a source's bytes that are dropped while the host takes no write for {} us about every 100 us,",
        STALL_NS / 1000
    );
    println!("by the queue's share of the C2H FIFO:");
    let shares = shares(losses);
    print!("{:<20} {:>10}", "source", "bytes/clk");
    shares.iter().for_each(|share| print!(" {:>7}", format!("{} KiB", share >> 10)));
    println!(" {:>14}", "bytes made");
    for row in losses.chunks(shares.len()) {
        print!("{:<20} {:>10.3}", row[0].preset.name, row[0].rate);
        row.iter().for_each(|loss| print!(" {:>7.2}", loss.percent()));
        println!(" {:>14}", row[0].made);
    }
}
