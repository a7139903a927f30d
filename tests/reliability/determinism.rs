//! The same seed gives the same history to the last byte: twice in this process, and in another.

use std::process::Command;

use crate::simulation::{Simulation, seed};
use crate::support;

const CALLS: usize = 400;
/// Set in the child process, which only tells its digest.
const CHILD: &str = "STANDIN_SIM_CHILD";
const TOLD: &str = "simulation digest: ";

fn digest() -> String {
    Simulation::new(support::flow(), seed()).run(CALLS)
}

#[test]
fn the_same_seed_gives_the_same_journal_and_world_in_two_processes() {
    let here = digest();
    if std::env::var_os(CHILD).is_some() {
        println!("{TOLD}{here}");
        return;
    }
    assert_eq!(digest(), here, "twice in one process");
    let test = "determinism::the_same_seed_gives_the_same_journal_and_world_in_two_processes";
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program)
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, "1")
        .env("STANDIN_SIM_SEED", seed().to_string())
        .output()
        .expect("the program starts once more");
    let text = String::from_utf8_lossy(&output.stdout);
    let there = text.lines().find_map(|line| line.split(TOLD).nth(1)).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(there, here, "in two processes");
}

#[test]
fn another_seed_gives_another_history() {
    assert_ne!(Simulation::new(support::flow(), 1).run(20), Simulation::new(support::flow(), 2).run(20));
}
