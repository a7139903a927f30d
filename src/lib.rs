//! standin stands in for an HTTP API.

pub mod call;
pub mod contract;
pub mod engine;
pub mod world;
pub mod pattern;
pub mod words;
