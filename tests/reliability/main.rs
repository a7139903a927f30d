//! What must hold whatever is sent: random histories, equal seeds, broken replies, hostile bytes and many clients at once.

#[path = "../support/mod.rs"]
mod support;

mod anyone;
mod determinism;
mod draw;
mod faults;
mod history;
mod hostile;
mod hostile_services;
mod invariants;
mod net;
mod oracle;
mod parallel;
mod play;

mod random;
mod replies;
mod services;
mod simulation;
mod socket;
mod socket_services;

use std::sync::Arc;

use standin::contract::document::Source;
use standin::contract::{Contract, Selection};
use support::Files;

/// The repository's files, and one overlay more that stands only here.
struct Beside<'a>(&'a str);

const OVERLAY: &str = "test.overlay.yaml";

impl Source for Beside<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == OVERLAY { Ok(self.0.to_owned()) } else { Files.read(name) }
    }
}

/// Flow with one more overlay on top.
#[track_caller]
fn flow_with(overlay: &str) -> Arc<Contract> {
    let overlays = ["spec/flow/beta.overlay.yaml", "spec/flow/overlay.yaml", OVERLAY];
    let selection =
        Selection { overlays: overlays.iter().map(|name| (*name).to_owned()).collect(), include: Vec::new() };
    match Contract::load(&Beside(overlay), "spec/flow/openapi.yaml", &selection) {
        Ok(contract) => Arc::new(contract),
        Err(errors) => {
            let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
            panic!("flow with the test's overlay does not load:\n{}", errors.join("\n"));
        }
    }
}

/// Limits so wide that a simulation never meets them.
const WIDE: &str = "
overlay: 1.0.0
info: { title: Wide limits, version: '1' }
actions:
  - target: $
    update:
      x-standin:
        limits:
          default: { per: credential, rate: 1000000/min }
          posts: { per: credential, rate: 1000000/min }
          webhooks: { per: credential, rate: 1000000/min }
          api-keys: { per: credential, rate: 1000000/min }
";
