//! A filter over Verilator's `-Wall` report.
//!
//! rust-hdl writes integer literals 32 bits wide and casts as masks, so honest code is full of width warnings. What
//! is harmless: a plain signal extended for a comparison with a literal, and arithmetic that was widened by a literal
//! and is cut by its own assignment. What is not: arithmetic that keeps its carry into something else.

use crate::Finding;

/// Warnings that are errors wherever they stand.
const FATAL: &[&str] = &[
    "LATCH",
    "UNDRIVEN",
    "PINMISSING",
    "MULTIDRIVEN",
    "UNOPTFLAT",
    "IMPLICIT",
    "CASEINCOMPLETE",
    "SELRANGE",
    "COMBDLY",
    "BLKSEQ",
    "ALWNEVER",
];

/// Operators whose result depends on the width they are computed at.
const WIDTH_SENSITIVE: &[&str] = &["ADD", "SUB", "NOT", "NEGATE", "SHIFTL"];

struct Warning<'a> {
    kind: &'a str,
    line: usize,
    text: &'a str,
}

/// Splits `%Warning-KIND: file:line:column: text`.
fn parse(line: &str) -> Option<Warning<'_>> {
    let rest = line.strip_prefix("%Warning-").or_else(|| line.strip_prefix("%Error-"))?;
    let (kind, rest) = rest.split_once(": ")?;
    let mut parts = rest.splitn(4, ':');
    let (_file, number, _column, text) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Warning { kind, line: number.parse().ok()?, text: text.trim() })
}

/// The operator of "Operator X expects …".
fn operator(text: &str) -> Option<&str> {
    text.strip_prefix("Operator ")?.split_whitespace().next()
}

/// Reads a report on `verilog`; `file` names it in the findings. A report without any recognisable line is fine, one
/// with an error is not.
pub fn check(file: &str, verilog: &str, report: &str) -> Vec<Finding> {
    let source: Vec<&str> = verilog.lines().collect();
    let warnings: Vec<Warning<'_>> = report.lines().filter_map(parse).collect();
    let at = |line: usize| source.get(line.wrapping_sub(1)).map_or("", |l| l.trim());
    let mut findings = vec![];
    let mut find = |line: usize, message: String| {
        findings.push(Finding { file: file.into(), line, message: format!("{message}\n    {}", at(line)) });
    };
    for line in report.lines().filter(|l| l.starts_with("%Error:")) {
        find(0, line.to_string());
    }
    for w in &warnings {
        if FATAL.contains(&w.kind) {
            find(w.line, format!("{}: {}", w.kind, w.text));
        }
        if w.kind != "WIDTHEXPAND" {
            continue;
        }
        let Some(op) = operator(w.text) else { continue };
        let cut_by_assignment = || {
            warnings.iter().any(|t| {
                t.kind == "WIDTHTRUNC"
                    && t.line == w.line
                    && operator(t.text).is_some_and(|o| o.starts_with("ASSIGN"))
                    && t.text.contains(&format!("'s {op} "))
            })
        };
        // `x.replace_bit(n, b)` is written `(x & ~(1 << n) | (b << n))`: shifted at 32 bits, masked by the assignment.
        let replaces_bit = op == "SHIFTL" && at(w.line).contains("& ~(1 << (");
        if WIDTH_SENSITIVE.contains(&op) && !cut_by_assignment() && !replaces_bit {
            find(w.line, format!("{op} is computed wider than its operands and not cut by its assignment"));
        }
        let comparison = matches!(op, "EQ" | "NEQ" | "LT" | "LTE" | "GT" | "GTE");
        let with_literal = w.text.contains("expects 32 bits") && at(w.line).contains("32'h");
        if comparison && !with_literal {
            find(w.line, format!("operands of {op} differ in width: {}", w.text));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;

    const EXPAND: &str = "%Warning-WIDTHEXPAND: x.v:1:9: Operator ADD expects 32 bits on the LHS, but LHS's VARREF 'a' generates 8 bits.\n";
    const TRUNC: &str = "%Warning-WIDTHTRUNC: x.v:1:9: Operator ASSIGN expects 8 bits on the Assign RHS, but Assign RHS's ADD generates 32 bits.\n";

    #[test]
    fn widened_and_cut_is_harmless() {
        assert!(check("x.v", "o = a + 32'h1;", &format!("{EXPAND}{TRUNC}")).is_empty());
    }

    #[test]
    fn widened_and_kept_is_found() {
        assert_eq!(check("x.v", "o = (a + 32'h1) == 32'h0;", EXPAND).len(), 1);
    }

    #[test]
    fn a_signal_compared_with_a_literal_is_harmless_but_two_signals_are_not() {
        let literal = "%Warning-WIDTHEXPAND: x.v:1:9: Operator EQ expects 32 bits on the LHS, but LHS's VARREF 'a' generates 8 bits.";
        assert!(check("x.v", "o = a == 32'h5;", literal).is_empty());
        let signals = "%Warning-WIDTHEXPAND: x.v:1:9: Operator EQ expects 9 bits on the LHS, but LHS's VARREF 'a' generates 8 bits.";
        assert_eq!(check("x.v", "o = a == b;", signals).len(), 1);
    }

    #[test]
    fn latches_and_errors_are_found() {
        assert_eq!(check("x.v", "", "%Warning-LATCH: x.v:1:1: Latch inferred for signal 'q'").len(), 1);
        assert_eq!(check("x.v", "", "%Error: x.v:1:1: syntax error").len(), 1);
    }
}
