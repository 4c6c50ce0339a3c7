//! The table as JSON, for generators and test benches in other languages.

use serde_json::{json, Value};

use super::{CONSTANTS, NAME_LISTS, REGISTER_BLOCKS};
use crate::map::PAGES;

/// Version of the JSON's own shape.
pub const SCHEMA_VERSION: u32 = 1;

/// The whole table, pretty-printed.
pub fn json() -> String {
    let blocks: Vec<Value> = REGISTER_BLOCKS
        .iter()
        .map(|b| {
            let registers: Vec<Value> = b
                .registers
                .iter()
                .map(|r| {
                    let fields: Vec<Value> = r
                        .fields
                        .iter()
                        .map(|f| {
                            json!({"name": f.name, "lsb": f.lsb, "width": f.width, "access": f.access.name(),
                                   "reset": f.reset, "doc": f.doc})
                        })
                        .collect();
                    json!({"name": r.name, "offset": r.offset, "volatile": r.volatile, "doc": r.doc.trim(),
                           "fields": fields})
                })
                .collect();
            json!({"name": b.name, "doc": b.doc, "registers": registers})
        })
        .collect();
    let lists: Vec<Value> = NAME_LISTS
        .iter()
        .map(|l| {
            let names: Vec<Value> = l
                .names
                .iter()
                .map(|n| json!({"name": n.name, "value": n.value, "doc": n.doc.trim()}))
                .collect();
            json!({"name": l.name, "doc": l.doc, "bits": l.bits, "names": names})
        })
        .collect();
    let pages: Vec<Value> =
        PAGES.iter().map(|p| json!({"name": p.name, "offset": p.offset, "doc": p.doc})).collect();
    let constants: Vec<Value> = CONSTANTS
        .iter()
        .map(|(name, value, doc)| json!({"name": name, "value": value, "doc": doc}))
        .collect();
    let all = json!({
        "schema_version": SCHEMA_VERSION,
        "pages": pages,
        "register_blocks": blocks,
        "lists": lists,
        "constants": constants,
    });
    format!("{all:#}\n")
}
