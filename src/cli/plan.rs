//! `standin plan`: what each operation does, and why we think so.

use std::io::Write;

use super::arguments::PlanArguments;
use super::failure::Failure;
use super::load;
use crate::contract::plan_text::{self, Shown};

pub fn run(arguments: &PlanArguments) -> Result<(), Failure> {
    let contract = load::contract(&arguments.contract)?;
    let text = plan_text::render(&Shown::of(&contract), arguments.format.into());
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}
