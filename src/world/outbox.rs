//! Deliveries on their way to other servers (webhooks), from the first attempt to the last.

use std::sync::Arc;

use bytes::Bytes;

/// One event on its way to one receiver.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Delivery {
    /// Unique within the world; counts up.
    pub number: u64,
    pub event: String,
    /// The subscription's id, for messages.
    pub subscription: String,
    pub url: String,
    /// Headers that do not change between attempts; signed ones are made at each attempt by the engine.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// Secret to sign with, if any.
    pub secret: Option<String>,
    /// Attempts made so far.
    pub attempts: u32,
    /// Log record (collection, seq) that mirrors its fate, if the service keeps one.
    pub log: Option<(usize, u64)>,
    pub created_at: i64,
}

/// One attempt, ready for the wire: what the rim performs.
#[derive(Debug, Clone)]
pub struct Attempt {
    pub delivery: u64,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    pub timeout_ms: u64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver answered with this status.
    Answered(u16),
    /// No answer: refused, timed out, not allowed. The reason in words.
    Failed(String),
}

/// Most deliveries under way in a world.
pub const DELIVERIES_MAX: usize = 10_000;

#[derive(Debug, Clone, Default)]
pub struct Outbox {
    // deliveries under way: imbl::OrdMap<u64, Arc<Delivery>>; due attempts: imbl::Vector<Attempt>; counter
}

impl Outbox {
    /// Starts a delivery and gives it a number; `None` when [`DELIVERIES_MAX`] are under way.
    pub fn start(&mut self, delivery: Delivery) -> Option<u64> {
        let _ = delivery;
        todo!()
    }

    pub fn get(&self, number: u64) -> Option<&Arc<Delivery>> {
        let _ = number;
        todo!()
    }

    pub fn replace(&mut self, delivery: Delivery) {
        let _ = delivery;
        todo!()
    }

    pub fn finish(&mut self, number: u64) -> Option<Arc<Delivery>> {
        let _ = number;
        todo!()
    }

    /// Hands an attempt to the rim.
    pub fn push(&mut self, attempt: Attempt) {
        let _ = attempt;
        todo!()
    }

    /// The rim takes every attempt that is due.
    pub fn take(&mut self) -> Vec<Attempt> {
        todo!()
    }

    /// Attempts waiting to be taken.
    pub fn has_due(&self) -> bool {
        todo!()
    }

    /// Deliveries under way.
    pub fn len(&self) -> usize {
        todo!()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
