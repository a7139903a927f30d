//! standin stands in for an HTTP API.

pub mod call;
pub mod cli;
pub mod contract;
pub mod engine;
pub mod server;
pub mod world;
