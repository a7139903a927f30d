//! What a list asks for: filters, order, and a page of the result.

use std::sync::Arc;

use serde_json::Value;

use super::store::Record;

#[derive(Debug, Clone, Default)]
pub struct Query {
    /// All must hold.
    pub filters: Vec<Filter>,
    /// Field and direction, most significant first; empty for the collection's default order, newest first if `reverse`.
    pub sort: Vec<Sort>,
    /// Default order reversed: newest first. Ties of any sort follow the direction of its last key, or this when there is none.
    pub newest_first: bool,
    pub offset: usize,
    pub limit: usize,
    /// Start after the record with this `seq` (cursor paging in default order or any sort); wins over `offset`.
    pub after: Option<u64>,
}

#[derive(Debug, Clone)]
pub struct Filter {
    pub field: String,
    pub operator: Operator,
    /// For `In` an array.
    pub value: Value,
}

/// Comparison of a record's field with a value. A field that holds an array is compared by any of its elements. Null is less than any value
/// and equal to null; values of different types are unequal and unordered. Numbers compare as numbers, strings by Unicode code points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    In,
    /// Case-insensitive substring of a string.
    Contains,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    pub field: String,
    pub descending: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Page {
    pub records: Vec<Arc<Record>>,
    /// How many records match in all.
    pub total: usize,
    /// Are there records after this page?
    pub more: bool,
}
