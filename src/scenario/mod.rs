//! Scenarios: Arazzo documents, read, run without a socket, held against the contract, told in snapshots and reports.
//!
//! ```text
//! text ──read──▶ Suite ──run──▶ Need ⇄ Received ──▶ Record ──┬─ check ──▶ Findings ──┐
//!                                (the rim performs)          ├─ coverage ───────────┼─▶ Results ──report──▶ text
//!                                                            └─ snapshot ──▶ text ──┘
//! ```
//!
//! - [`model`] is a description as it is run: every reference resolved, every expression parsed; [`read`] makes it;
//! - [`expression`], [`condition`], [`template`] and [`jsonpath`] are the languages that stand in its values;
//! - [`run`] executes one workflow: it asks for calls and waits, and is told what came of them; [`request`] builds the calls;
//! - [`check`] holds an exchange against the OpenAPI document, [`coverage`] counts what was seen of it;
//! - [`snapshot`] tells a record as text in which volatile values are typed references;
//! - [`results`] is all that came out of a run; [`report`] writes it in each format.
//!
//! Nothing here reads a clock, opens a file or a socket; `cli` does.

pub mod armed;
pub mod check;
pub mod code;
pub mod condition;
pub mod coverage;
pub mod exchange;
pub mod expression;
pub mod finding;
pub mod jsonpath;
pub mod model;
pub mod read;
pub mod report;
pub mod request;
pub mod results;
pub mod run;
pub mod schedule;
pub mod snapshot;
pub mod template;
