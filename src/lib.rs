//! standin stands in for an HTTP API.

pub mod call;
pub mod cli;
pub mod contract;
pub mod engine;
pub mod instant;
pub mod pattern;
pub mod server;
pub mod words;
pub mod world;
