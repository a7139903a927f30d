//! What is written is what is read, and a fault hits what it says.

mod armed;
mod draw;
mod words;

use serde_json::Value;

use super::{Fault, Faults};

/// Every kind, and every word of it at least once.
const ALL: &str = include_str!("all.jsonl");

fn all() -> Vec<Value> {
    ALL.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
}

#[track_caller]
fn fault(written: Value) -> Fault {
    Fault::read(&written).unwrap_or_else(|wrong| panic!("{written}: {wrong}"))
}

/// A world's faults with these armed at instant 0.
fn armed(written: impl IntoIterator<Item = Value>) -> Faults {
    let mut faults = Faults::default();
    for written in written {
        faults.arm(fault(written), 0).expect("a sound fault");
    }
    faults
}
