//! `standin explain`: what a finding's code means.

use std::io::Write;

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::arguments::ExplainArguments;
use super::failure::Failure;
use crate::scenario::code::Code;
use crate::words::did_you_mean;

pub fn run(arguments: &ExplainArguments) -> Result<(), Failure> {
    let text = match &arguments.code {
        None => list(),
        Some(word) => explain(word)?,
    };
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

fn list() -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for code in Code::ALL {
        table.add_row([code.word(), code.title()]);
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn explain(word: &str) -> Result<String, Failure> {
    let Some(code) = Code::find(word) else {
        let hint = match did_you_mean(word, Code::ALL.iter().map(|code| code.word())) {
            Some(near) => format!("did you mean {near}?"),
            None => "standin explain lists them all".to_owned(),
        };
        return Err(Failure::usage(format!("{word:?} is no finding's code; {hint}")));
    };
    let severity = format!("{:?}", code.severity()).to_lowercase();
    Ok(format!("{} ({severity})\n{}\n\n{}\n", code.word(), code.title(), code.explanation().trim_end()))
}
