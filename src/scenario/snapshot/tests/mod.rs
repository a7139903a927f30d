//! Whole records, told.

mod scene;
mod sight;
mod trouble;
