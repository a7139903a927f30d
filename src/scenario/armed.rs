//! The faults that scenarios armed: did each hit what it was meant for?
//!
//! A scenario about failures proves nothing when the failure did not happen. Control steps that arm, disarm or throw away are read from what
//! was exchanged; what became of each fault, the control API says at the end.

use std::collections::BTreeSet;

use serde_json::Value;

use super::code::Code;
use super::exchange::Exchange;
use super::finding::{Finding, Site};
use super::model::{Suite, WorkflowRef};
use super::run::{Record, Verdict, What};

/// The header that names a world other than the scenario's own.
const WORLD_HEADER: &str = "x-standin-world";

/// Faults that were armed in the worlds of workflows that share them, and are not given up: those that were disarmed, or thrown away with
/// their world, have been accounted for.
#[derive(Debug, Default)]
pub struct Ledger {
    armed: Vec<Armed>,
}

/// A fault that a step armed.
#[derive(Debug, Clone)]
struct Armed {
    workflow: WorkflowRef,
    /// Index in the workflow's visits.
    visit: usize,
    step: String,
    site: Site,
    /// As the step named it; the workflow's own when absent.
    world: Option<String>,
    id: u64,
    kind: String,
    /// How many it was to hit, where that is not left to chance.
    times: Option<u64>,
}

impl Ledger {
    /// Enters what a workflow did. One whose target went away has nothing to account for.
    pub fn enter(&mut self, suite: &Suite, record: &Record) {
        if record.verdict == Verdict::Unreachable {
            return;
        }
        for (index, visit) in record.visits.iter().enumerate() {
            let What::Exchange(exchange) = &visit.what else { continue };
            let api = &suite.apis[exchange.api];
            if !api.control || exchange.status() >= 400 {
                continue;
            }
            let world = world(exchange);
            match api.contract.operations.get(exchange.operation).id.as_str() {
                "armFault" => {
                    let step = &suite.workflow(visit.workflow).steps[visit.step];
                    let armed = exchange.received.as_ref().and_then(|reply| {
                        let (workflow, step, site) = (record.workflow, step.id.clone(), step.site.clone());
                        let (id, kind, times) = read(reply)?;
                        Some(Armed { workflow, visit: index, step, site, world, id, kind, times })
                    });
                    self.armed.extend(armed);
                }
                "disarmFaults" => {
                    let disarmed = exchange.received.as_ref().and_then(|reply| reply["faults"].as_array());
                    let ids: BTreeSet<u64> =
                        disarmed.into_iter().flatten().filter_map(|one| one["id"].as_u64()).collect();
                    self.armed.retain(|armed| armed.world != world || !ids.contains(&armed.id));
                }
                "resetWorld" | "restoreWorld" => self.armed.retain(|armed| armed.world != world),
                _ => {}
            }
        }
    }

    /// The worlds that are to be asked about: named ones, and `None` for the workflows' own.
    pub fn worlds(&self) -> BTreeSet<Option<String>> {
        self.armed.iter().map(|armed| armed.world.clone()).collect()
    }

    /// What is wrong with the faults of one of these worlds. `listed`: what the control API's `listFaults` says there, or why it says nothing.
    pub fn judge(&self, world: Option<&str>, listed: &Result<Value, String>) -> Vec<(WorkflowRef, Finding)> {
        let of_world = self.armed.iter().filter(|armed| armed.world.as_deref() == world);
        of_world.filter_map(|armed| Some((armed.workflow, armed.judge(listed)?))).collect()
    }
}

impl Armed {
    fn judge(&self, listed: &Result<Value, String>) -> Option<Finding> {
        let fault = format!("step `{}` armed the fault `{}` (number {})", self.step, self.kind, self.id);
        let told = match listed {
            Ok(list) => list["faults"].as_array().into_iter().flatten().find(|told| told["id"] == self.id)?,
            Err(why) => {
                let message = format!("{fault}, and whether it fired cannot be told: {why}");
                return Some(self.finding(Code::FaultNotFired, message));
            }
        };
        let (seen, hits) = (told["seen"].as_u64().unwrap_or(0), told["hits"].as_u64().unwrap_or(0));
        let found = format!("hit {hits} of {seen}");
        if hits == 0 {
            let why = if seen == 0 { "nothing that it is for happened" } else { "it hit none of those that it is for" };
            let finding = self.finding(Code::FaultNotFired, format!("{fault}, and it never fired: {why}"));
            return Some(finding.compared("hit 1 or more", found));
        }
        let times = self.times.filter(|times| hits < *times)?;
        let finding = self.finding(Code::FaultLeftOver, format!("{fault} for {times} calls, and it hit {hits}"));
        Some(finding.compared(format!("hit {times}"), found))
    }

    fn finding(&self, code: Code, message: String) -> Finding {
        Finding { visit: Some(self.visit), ..Finding::new(code, self.site.clone(), message) }
    }
}

/// The world that the step named.
fn world(exchange: &Exchange) -> Option<String> {
    exchange.call.headers.get(WORLD_HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Id, kind and how often it was to hit, of what `armFault` answered.
fn read(reply: &Value) -> Option<(u64, String, Option<u64>)> {
    let fault = &reply["fault"];
    let times = fault["times"].as_u64().filter(|_| fault.get("probability").is_none());
    Some((reply["id"].as_u64()?, fault["kind"].as_str()?.to_owned(), times))
}
