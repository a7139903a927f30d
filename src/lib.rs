//! standin stands in for an HTTP API: from an OpenAPI document it runs a stateful fake that behaves like the real service. It also replays
//! scenarios against the fake or a deployment, and holds every reply against the document. And it lets calls fail on purpose, and tells the
//! authors of clients whether their retries are right.
//!
//! ```text
//!                   cli            arguments, shipped services, files, targets, messages for people
//!                 ╱     ╲
//!           server       │         sockets, wall time, webhooks sent, the control API
//!             │          │
//!           engine       │         one call in, one reply out: the only place that joins contract and world
//!          ╱      ╲      │
//!      world       │  scenario     what is true now for one tenant │ what is called, judged, told of a run
//!                  ╲    ╱
//!                 contract         what a service promises
//! ```
//!
//! [`audit`] stands beside `scenario`: it judges clients by what was seen of them. It knows `contract`, and of `world` only the faults; the
//! server fills in what it judges ([`audit::observe`]) and knows nothing else of it.
//!
//! Beside them stand [`report`] and [`mask`]: what all reports share, and texts without secrets.
//!
//! `scenario` and `server` are strangers: a scenario judges any target, and [`cli`] performs what it asks for.
//!
//! # Reading order
//!
//! 1. [`call`]: HTTP as plain values, a [`Call`](call::Call) and a [`Reply`](call::Reply).
//! 2. [`engine::handle`]: the whole product, stage by stage in one visible function.
//! 3. [`contract::Contract::load`]: a document is read, overlaid, inferred from ([`contract::infer`]), corrected by its author in the words
//!    of [`contract::vocabulary`], and compiled to a [`contract::plan`].
//! 4. [`world::World`]: clock, agenda, records, quotas, replays, outbox, journal. Copying one is a pointer copy.
//! 5. [`server`]: worlds behind their locks, the clock driven, deliveries performed.
//! 6. [`scenario`]: `read` makes a [`Suite`](scenario::model::Suite), [`Run`](scenario::run::Run) asks for calls and waits until a
//!    workflow is over, `check` and `snapshot` look at what happened, `report` tells it. The rules stand in `spec/scenarios.md`.
//! 7. [`world::fault`]: what is to go wrong; `engine::fault` does it to calls, `server::wire` to bytes. [`audit`]: attempts become
//!    [`logical`](audit::logical) calls, a [`rule`](audit::rule) is held against them, a [`verdict`](audit::verdict) is told.
//! 8. [`cli`]: one file for each command; `cli::run` is the rim of scenarios, from arguments (`plan`) over what is performed (`execute`,
//!    `target`) to the exit code (`conclude`); `cli::audit` is that of audits, with the processes of clients.
//!
//! # Use without a socket
//!
//! [`server::app`] gives an `axum::Router`; below it, [`engine::found`] makes a world and [`engine::handle`] answers calls.
//! [`scenario::run::Run`] goes on when it is told what came of the last call, wherever that was sent.
//!
//! # Invariants
//!
//! Each is kept by `tests/tidy.rs` or by the test named.
//!
//! 1. `contract` and `world` never import each other; only `engine` changes a `World`. `scenario` knows `contract` alone, and only
//!    `cli` knows `scenario`. `audit` knows `contract` and `world::fault`; `server` knows `audit::observe`.
//! 2. In `contract`, `world`, `engine`, `scenario` and `audit` nothing touches sockets, files, environment, threads, wall clock, random
//!    devices or standard output. Documents arrive as text.
//! 3. No service is named here: the shipped ones are data under `spec/`, embedded as a folder, and read before the program is compiled
//!    (`src/build.rs`).
//! 4. One file reads the OpenAPI model, one sends webhooks, one speaks to deployments, one starts programs; the wall clock is read at
//!    the rim.
//! 5. Iteration order is always defined; hashed maps serve for look-ups alone.
//! 6. Every reply of the fake conforms to its contract, or says loudly that the overlay is wrong (`tests/reliability`).
//! 7. Every queue, loop, body and journal has a named limit (`_MAX`).
//! 8. Same contract, seed and calls: same bytes, in every process (`tests/reliability`).
//! 9. Same behaviour of the target: same snapshot, whatever the seed, clock, host and number of jobs (`tests/service_scenarios`).
//! 10. No file has more than 800 lines, nothing is left unfinished, and no test is left out.
//! 11. What the documents show is what happens: `README.md` and `spec/scenarios.md` are run (`tests/command_line`), their tables are those of
//!     the code (`tests/vocabulary.rs`).

pub mod audit;
pub mod call;
pub mod cli;
pub mod contract;
pub mod engine;
mod fields;
pub mod instant;
mod json;
pub mod mask;
pub mod pattern;
pub mod pointer;
pub mod report;
pub mod scenario;
pub mod server;
pub mod words;
pub mod world;
