//! `standin explain`: what the code of a finding, or of a rule of audits, means.

use std::io::Write;

use comfy_table::Table;
use comfy_table::presets::NOTHING;

use super::arguments::ExplainArguments;
use super::failure::Failure;
use crate::audit::rule::{self, Rule};
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

/// A line each: findings first, then the rules of audits, family by family.
fn list() -> String {
    let mut table = Table::new();
    table.load_style(NOTHING);
    for code in Code::ALL {
        table.add_row([code.word(), code.title()]);
    }
    for rule in rule::all() {
        table.add_row([rule.code, rule.title]);
    }
    table.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn explain(word: &str) -> Result<String, Failure> {
    if let Some(code) = Code::find(word) {
        let severity = format!("{:?}", code.severity()).to_lowercase();
        return Ok(format!("{} ({severity})\n{}\n\n{}\n", code.word(), code.title(), code.explanation().trim_end()));
    }
    if let Some(rule) = rule::all().find(|rule| rule.code == word) {
        return Ok(of_rule(rule));
    }
    let known = Code::ALL.iter().map(|code| code.word()).chain(rule::all().map(|rule| rule.code));
    let hint = match did_you_mean(word, known) {
        Some(near) => format!("did you mean {near}?"),
        None => "standin explain lists them all".to_owned(),
    };
    Err(Failure::usage(format!("{word:?} is neither a finding's code nor an audit rule's; {hint}")))
}

fn of_rule(rule: &Rule) -> String {
    let Rule { code, severity, title, explanation, source, .. } = rule;
    format!("{code} ({})\n{title}\n\n{}\n\nsource: {source}\n", severity.word(), explanation.trim_end())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_is_explained_and_no_two_are_the_same() {
        let mut seen = BTreeSet::new();
        for word in Code::ALL.iter().map(|code| code.word()).chain(rule::all().map(|rule| rule.code)) {
            assert!(seen.insert(word), "{word} means two things");
            let text = explain(word).ok().unwrap_or_default();
            assert!(text.starts_with(&format!("{word} (")) && text.lines().count() >= 4, "{text}");
        }
    }

    #[test]
    fn a_rule_is_told_with_its_source() {
        let rule = rule::all().next().expect("there are rules");
        let text = of_rule(rule);
        assert!(text.ends_with(&format!("\n\nsource: {}\n", rule.source)), "{text}");
        let listed = list();
        let line = listed.lines().find(|line| line.split_whitespace().next() == Some(rule.code));
        assert!(line.is_some_and(|line| line.ends_with(rule.title)), "{listed}");
    }
}
