//! A plot of loss against the FIFO's depth, as SVG.

use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};

use crate::loss::{shares, Loss, STALL_NS};

/// Size of the drawing, and of its margins.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 420.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 190.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// A colour per source that stays apart for most eyes.
const COLOURS: [&str; 6] = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];

fn x(share: u64, shares: &[u64]) -> f64 {
    let (first, last) = ((shares[0] as f64).log2(), (shares[shares.len() - 1] as f64).log2());
    LEFT + ((share as f64).log2() - first) / (last - first).max(1.0) * (WIDTH - LEFT - RIGHT)
}

fn y(percent: f64, most: f64) -> f64 {
    HEIGHT - BOTTOM - percent / most * (HEIGHT - TOP - BOTTOM)
}

/// The drawing as text.
fn draw(losses: &[Loss]) -> String {
    let shares = &shares(losses);
    let most = losses.iter().map(Loss::percent).fold(1.0, f64::max).ceil();
    let mut svg = String::new();
    let mut line = |text: String| {
        let _ = writeln!(svg, "{text}");
    };
    line(format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12">"#
    ));
    line(r#"<rect width="100%" height="100%" fill="white"/>"#.into());
    line(format!(
        r#"<text x="{LEFT}" y="20">Bytes lost, %: the host takes no write for {} µs about every 100 µs</text>"#,
        STALL_NS / 1000
    ));
    for share in shares {
        let (x, low) = (x(*share, shares), HEIGHT - BOTTOM);
        line(format!(r##"<path d="M{x:.1} {TOP}V{low}" stroke="#ddd"/>"##));
        let at = low + 18.0;
        line(format!(r#"<text x="{x:.1}" y="{at}" text-anchor="middle">{} KiB</text>"#, share >> 10));
    }
    for step in 0..=4 {
        let percent = most * f64::from(step) / 4.0;
        let (y, right) = (y(percent, most), WIDTH - RIGHT);
        line(format!(r##"<path d="M{LEFT} {y:.1}H{right}" stroke="#ddd"/>"##));
        let (at, base) = (LEFT - 8.0, y + 4.0);
        line(format!(r#"<text x="{at}" y="{base:.1}" text-anchor="end">{percent:.1}</text>"#));
    }
    let at = HEIGHT - 12.0;
    line(format!(r#"<text x="{LEFT}" y="{at}">the queue's share of the C2H FIFO</text>"#));
    for (i, row) in losses.chunks(shares.len()).enumerate() {
        let colour = COLOURS[i % COLOURS.len()];
        let points: Vec<String> = row
            .iter()
            .map(|loss| format!("{:.1},{:.1}", x(loss.share, shares), y(loss.percent(), most)))
            .collect();
        let points = points.join(" ");
        line(format!(r#"<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>"#));
        let (x, y) = (WIDTH - RIGHT + 14.0, TOP + 12.0 + 18.0 * i as f64);
        line(format!(r#"<text x="{x}" y="{y}" fill="{colour}">{}</text>"#, row[0].preset.name));
    }
    line("</svg>".into());
    svg
}

/// Writes it.
///
/// # Errors
/// The file can't be written.
pub fn write(path: &Path, losses: &[Loss]) -> Result<()> {
    std::fs::write(path, draw(losses)).with_context(|| format!("writing {}", path.display()))
}
