//! The program as people use it: its real binary, its streams, signals and exit codes, and the README's tour.

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod faults;
mod help;
mod mistakes;
mod plan;
mod program;
mod readme;
mod repeat;
mod run;
mod serve;
mod services;
mod stop;
mod trouble;
