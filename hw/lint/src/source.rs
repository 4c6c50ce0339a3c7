//! Checks on functions marked `#[hdl_gen]`.
//!
//! | rule | why |
//! | --- | --- |
//! | `a & b == c` without parentheses | no parentheses are emitted, and Verilog binds `==` tighter than `&` |
//! | `+ - << !` as operand of a comparison, a cast or a slice | Verilog computes it at the width of its context |
//! | match guards | dropped |
//! | `..=` | the last round is lost |
//! | calls of functions named `bits…`, `Bits…` or `bit_cast…` | taken for casts |

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{BinOp, Expr, UnOp};

use crate::Finding;

/// Checks one source text; `file` names it in the findings.
pub fn check(file: &str, text: &str) -> Result<Vec<Finding>, syn::Error> {
    let tree = syn::parse_file(text)?;
    let mut files = Functions { file, findings: vec![] };
    files.visit_file(&tree);
    Ok(files.findings)
}

struct Functions<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl<'a> Visit<'a> for Functions<'_> {
    fn visit_impl_item_fn(&mut self, f: &'a syn::ImplItemFn) {
        if f.attrs.iter().any(|a| a.path().is_ident("hdl_gen")) {
            let mut kernel = Kernel { file: self.file, findings: vec![] };
            kernel.visit_block(&f.block);
            self.findings.append(&mut kernel.findings);
        }
    }
}

struct Kernel<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Kernel<'_> {
    fn find(&mut self, at: impl Spanned, message: &str) {
        let line = at.span().start().line;
        self.findings.push(Finding { file: self.file.into(), line, message: message.into() });
    }

    fn operand(&mut self, e: &Expr, of: &str) {
        if changes_width(e) {
            self.find(
                e,
                &format!("arithmetic or `!` as {of}: assign it to a Local of its exact width first"),
            );
        }
    }
}

fn strip(mut e: &Expr) -> &Expr {
    while let Expr::Paren(p) = e {
        e = &p.expr;
    }
    e
}

/// `!` on a single bit is written before method calls and comparisons too often to be told apart by type here; what
/// is refused is `!` on anything that isn't a parenthesised comparison.
fn changes_width(e: &Expr) -> bool {
    match strip(e) {
        Expr::Binary(b) => matches!(b.op, BinOp::Add(_) | BinOp::Sub(_) | BinOp::Shl(_)),
        Expr::Unary(u) => matches!(u.op, UnOp::Not(_)),
        _ => false,
    }
}

fn is_comparison(op: &BinOp) -> bool {
    matches!(op, BinOp::Eq(_) | BinOp::Ne(_) | BinOp::Lt(_) | BinOp::Le(_) | BinOp::Gt(_) | BinOp::Ge(_))
}

fn is_bitwise(op: &BinOp) -> bool {
    matches!(op, BinOp::BitAnd(_) | BinOp::BitOr(_) | BinOp::BitXor(_))
}

impl<'a> Visit<'a> for Kernel<'_> {
    fn visit_expr_binary(&mut self, e: &'a syn::ExprBinary) {
        if is_comparison(&e.op) {
            for side in [&*e.left, &*e.right] {
                if matches!(side, Expr::Binary(b) if is_bitwise(&b.op)) {
                    self.find(side, "`&`, `|` or `^` next to a comparison: parenthesise, Verilog binds them the other way");
                }
                self.operand(side, "operand of a comparison");
            }
        }
        if is_bitwise(&e.op) {
            for side in [&*e.left, &*e.right] {
                if matches!(side, Expr::Binary(b) if is_comparison(&b.op)) {
                    self.find(side, "comparison next to `&`, `|` or `^`: parenthesise it");
                }
            }
        }
        visit::visit_expr_binary(self, e);
    }

    fn visit_expr_call(&mut self, e: &'a syn::ExprCall) {
        if let Expr::Path(p) = &*e.func {
            let name = p.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
            if name == "bit_cast" {
                for argument in &e.args {
                    self.operand(argument, "argument of a cast");
                }
            } else if name.starts_with("bits") || name.starts_with("Bits") || name.starts_with("bit_cast") {
                self.find(e, "a function of this name is taken for a cast and its body dropped");
            }
        }
        visit::visit_expr_call(self, e);
    }

    fn visit_expr_method_call(&mut self, e: &'a syn::ExprMethodCall) {
        if e.method == "get_bits" || e.method == "get_bit" {
            if matches!(strip(&e.receiver), Expr::Binary(_) | Expr::Unary(_) | Expr::Call(_)) {
                self.find(e, "slice of an expression is not Verilog: assign it to a Local first");
            }
            for argument in &e.args {
                self.operand(argument, "bit number");
            }
        }
        visit::visit_expr_method_call(self, e);
    }

    fn visit_arm(&mut self, arm: &'a syn::Arm) {
        if arm.guard.is_some() {
            self.find(arm, "match guards are dropped: use `if` inside the arm");
        }
        visit::visit_arm(self, arm);
    }

    fn visit_expr_range(&mut self, e: &'a syn::ExprRange) {
        if matches!(e.limits, syn::RangeLimits::Closed(_)) {
            self.find(e, "`..=` loses its last round: use `..`");
        }
        visit::visit_expr_range(self, e);
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn findings(body: &str) -> Vec<String> {
        let text = format!("impl Logic for X {{ #[hdl_gen] fn update(&mut self) {{ {body} }} }}");
        check("x.rs", &text).unwrap().into_iter().map(|f| f.message).collect()
    }

    #[test]
    fn each_trap_is_found() {
        for bad in [
            "self.o.next = self.a.val() & self.b.val() == self.c.val();",
            "self.o.next = self.a.val() == self.b.val() ^ self.c.val();",
            "self.o.next = bit_cast::<16, 8>(self.a.val() + self.b.val());",
            "self.o.next = bit_cast::<16, 8>(!self.a.val());",
            "if (self.a.val() + 1) == 0 { self.o.next = true; }",
            "if !self.a.val() == 0 { self.o.next = true; }",
            "self.o.next = (self.a.val() << 1) != self.b.val();",
            "match self.s.q.val() { St::A if self.x.val() => {} _ => {} }",
            "for i in 0..=7 { self.o.next = self.a[i].val(); }",
            "self.o.next = bits_of(self.a.val());",
            "self.o.next = (self.a.val() | self.b.val()).get_bits::<8>(0);",
        ] {
            assert!(!findings(bad).is_empty(), "not found: {bad}");
        }
    }

    #[test]
    fn clean_code_passes() {
        for good in [
            "self.o.next = self.a.val() & (self.b.val() == self.c.val());",
            "self.sum.next = self.a.val() + self.b.val(); self.o.next = bit_cast::<16, 8>(self.sum.val());",
            "if self.a.val() & !self.b.val() { self.o.next = self.d.val() - 1; }",
            "for i in 0..8 { self.o.next = self.a.val().get_bit(i); }",
            "if (self.a.val() == 3) || (self.b.val() != 4) { self.o.next = true; }",
        ] {
            assert_eq!(findings(good), Vec::<String>::new(), "{good}");
        }
    }

    #[test]
    fn only_hdl_functions_are_read() {
        let text = "impl X { fn helper(&self) -> bool { self.a + 1 == 0 } }";
        assert!(check("x.rs", text).unwrap().is_empty());
    }
}
