//! Judges a client by what it sent while things went wrong: attempts are gathered into logical calls ([`logical`]), rules are held against
//! them ([`rule`]), and the verdicts make a grade ([`grade`]).
//!
//! Nothing here touches a socket, a process or a clock: the server says what it saw ([`observe`]), the command line runs the client.
//! Knowledge of what is safe to repeat comes from the contract ([`knowledge`]), the schedule of faults from a plan ([`plan`]). The whole is a
//! [`verdict::Audit`], which [`report`] tells in each format; [`mod@reference`] writes `spec/audit.md`.

pub mod asked;
pub mod damage;
#[cfg(test)]
pub mod fixture;
pub mod grade;
pub mod knowledge;
pub mod logical;
pub mod observe;
pub mod plan;
pub mod reference;
pub mod report;
pub mod rule;
pub mod verdict;
