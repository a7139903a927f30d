//! How workflows run: which calls are made in which order, what is waited for, and what is told at the end.

#[path = "../scenario_support/mod.rs"]
mod support;

mod actions;
mod extensions;
mod failures;
mod flow;
mod inputs;
mod limits;
mod requests;
mod speed;
mod workflows;

use support::Harness;

/// Things with an id, and some odd corners.
pub const API: &str = include_str!("api.yaml");

/// A description with these workflows (YAML, indented by two), on the API.
#[track_caller]
pub fn harness(workflows: &str) -> Harness {
    Harness::new(&[("main.arazzo.yaml", &description(workflows)), ("api.yaml", API)])
}

pub fn description(workflows: &str) -> String {
    format!(
        "arazzo: 1.1.0\ninfo: {{title: T, version: '1'}}\nsourceDescriptions:\n  - {{name: api, url: api.yaml, type: openapi}}\nworkflows:\n{workflows}"
    )
}
