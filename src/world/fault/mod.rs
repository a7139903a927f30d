//! Faults: what is to go wrong with coming calls and deliveries; planned, consumed and counted.
//!
//! A fault is a [`Kind`] (what the other side sees), an [`Address`] (which calls) and an [`Occurrence`] (which of those). The words are
//! spelled here and in the files below; `spec/faults.md` and the schema of the control API are generated from them. What a kind does to a
//! finished reply stands in its own file; what it needs the contract or the world for, in `engine::fault`; what it does to the bytes on
//! the wire, in `server::wire`.

pub mod address;
mod armed;
mod describe;
mod draw;
pub mod kind;
pub mod occurrence;
mod page;
mod past;
mod told;
mod written;

pub use address::{Address, Subject};
pub(super) use armed::SavedFaults;
pub use armed::{ARMED_MAX, Armed, Faults, HITS_KEPT_MAX, Hit};
pub use describe::schema;
pub use draw::Draw;
pub use kind::{Aspect, Effect, Kind, Needs};
pub use occurrence::{Moment, Occurrence};
pub use page::{EXAMPLES, page};
pub use written::Wrong;

/// What goes wrong, with which calls, and with which of those. Written as one flat object.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub kind: Kind,
    pub address: Address,
    pub occurrence: Occurrence,
}

#[cfg(test)]
mod tests;
