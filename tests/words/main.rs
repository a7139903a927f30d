//! The words of behaviour, one by one: a small document, a few words, calls, and whole replies.

#[path = "../support/mod.rs"]
mod support;

mod batches;
mod callers;
mod changes;
mod errors;
mod keys;
mod limits;
mod lists;
mod replies;
mod requests;
mod servers;
mod service;
mod uploads;
