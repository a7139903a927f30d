//! standin stands in for an HTTP API: from an OpenAPI document it runs a stateful fake that behaves like the real service.
//!
//! ```text
//!              cli             arguments, shipped services, messages for people
//!               │
//!             server           sockets, wall time, files, webhooks sent, the control API
//!               │
//!             engine           one call in, one reply out: the only place that joins the two below
//!            ╱      ╲
//!      contract    world       what a service promises │ what is true now for one tenant
//! ```
//!
//! # Reading order
//!
//! 1. [`call`]: HTTP as plain values, a [`Call`](call::Call) and a [`Reply`](call::Reply).
//! 2. [`engine::handle`]: the whole product, stage by stage in one visible function.
//! 3. [`contract::Contract::load`]: a document is read, overlaid, inferred from ([`contract::infer`]), corrected by its author in the words
//!    of [`contract::vocabulary`], and compiled to a [`contract::plan`].
//! 4. [`world::World`]: clock, agenda, records, quotas, replays, outbox, journal. Copying one is a pointer copy.
//! 5. [`server`]: worlds behind their locks, the clock driven, deliveries performed.
//!
//! # Use without a socket
//!
//! [`server::app`] gives an `axum::Router`; below it, [`engine::found`] makes a world and [`engine::handle`] answers calls.
//!
//! # Invariants
//!
//! Each is kept by `tests/tidy.rs` or by the test named.
//!
//! 1. `contract` and `world` never import each other; only `engine` changes a `World`.
//! 2. Below `server` nothing touches sockets, files, environment, wall clock or random devices. Documents arrive as text.
//! 3. No service is named here: the shipped ones are data under `spec/`, embedded as a folder.
//! 4. One file parses expressions, one reads the OpenAPI model, one sends webhooks.
//! 5. Iteration order is always defined; hashed maps serve for look-ups alone.
//! 6. Every reply of the fake conforms to its contract, or says loudly that the overlay is wrong (`tests/reliability`).
//! 7. Every queue, loop, body and journal has a named limit (`_MAX`).
//! 8. Same contract, seed and calls: same bytes, in every process (`tests/reliability`).

pub mod call;
pub mod cli;
pub mod contract;
pub mod engine;
pub mod instant;
pub mod pattern;
pub mod pointer;
pub mod server;
pub mod words;
pub mod world;
