//! How much has to be seen: `--min-coverage 80`, `--min-coverage operation=100,status=80`.

use std::sync::Arc;

use super::{Coverage, Dimension, Item};
use crate::scenario::check::wording;
use crate::scenario::code::Code;
use crate::scenario::finding::{Finding, Site};
use crate::words::did_you_mean;

/// Most things not seen that a message names.
const NAMED_MAX: usize = 20;

/// Reads the least percentages. One number alone is for operations.
pub fn bounds(text: &str) -> Result<Vec<(Dimension, f64)>, String> {
    let mut bounds: Vec<(Dimension, f64)> = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (dimension, number) = match part.split_once('=') {
            Some((word, number)) => (dimension(word.trim())?, number.trim()),
            None => (Dimension::Operation, part),
        };
        if bounds.iter().any(|(known, _)| *known == dimension) {
            return Err(format!("`{}` is given twice", dimension.word()));
        }
        bounds.push((dimension, percentage(number)?));
    }
    Ok(bounds)
}

fn dimension(word: &str) -> Result<Dimension, String> {
    let flat = |word: &str| word.replace(['-', '_'], "").to_ascii_lowercase();
    let known = || Dimension::ALL.iter().map(|dimension| dimension.word());
    let found = Dimension::ALL.into_iter().find(|dimension| flat(dimension.word()) == flat(word));
    found.ok_or_else(|| match did_you_mean(word, known()) {
        Some(near) => format!("`{word}` is not counted; did you mean `{near}`?"),
        None => format!("`{word}` is not counted; there are: {}", known().collect::<Vec<_>>().join(", ")),
    })
}

fn percentage(text: &str) -> Result<f64, String> {
    let digits = text.strip_suffix('%').unwrap_or(text).trim_end();
    let number = digits.parse::<f64>().ok().filter(|number| (0.0..=100.0).contains(number));
    number.ok_or_else(|| format!("`{text}` is not a percentage: write a number from 0 to 100, such as 80"))
}

/// A finding for each bound that the coverage of an API stays below. `file` is the API's document.
pub fn lacking(coverage: &Coverage, file: &Arc<str>, bounds: &[(Dimension, f64)]) -> Vec<Finding> {
    let low = bounds.iter().filter(|(dimension, bound)| {
        let (seen, all) = coverage.count(*dimension);
        (seen as f64) * 100.0 < bound * (all as f64)
    });
    let low: Vec<_> = low.collect();
    if low.is_empty() {
        return Vec::new();
    }
    let items = coverage.items();
    low.into_iter().map(|(dimension, bound)| complain(coverage, file, *dimension, *bound, &items)).collect()
}

fn complain(coverage: &Coverage, file: &Arc<str>, dimension: Dimension, bound: f64, items: &[Item]) -> Finding {
    let (seen, all) = coverage.count(dimension);
    let unseen = items.iter().filter(|item| item.dimension == dimension && item.seen == 0);
    let names: Vec<String> = unseen.clone().map(name).collect();
    let names = wording::list(names.iter().map(String::as_str), NAMED_MAX);
    let found = format!("{} ({seen} of {all})", percent(seen as f64 * 100.0 / all.max(1) as f64));
    let message =
        format!("the {} coverage of {file} is {found}, below {}; not seen: {names}", dimension.word(), percent(bound));
    let site = Site::new(file, unseen.clone().next().map_or("", |item| item.pointer.as_str()));
    Finding::new(Code::CoverageLow, Site::new(file, ""), message)
        .hint("add steps that show them, or ask for less with `--min-coverage`")
        .document(site)
        .compared(percent(bound), found)
}

fn name(item: &Item) -> String {
    match item.dimension {
        Dimension::Operation => item.operation.clone(),
        _ => format!("{} {}", item.operation, item.name),
    }
}

/// One digit after the point, where it is not zero.
fn percent(number: f64) -> String {
    // Rounded down, so that what is below a bound never looks as if it had reached it.
    let text = format!("{:.1}", (number * 10.0).floor() / 10.0);
    format!("{} %", text.strip_suffix(".0").unwrap_or(&text))
}
