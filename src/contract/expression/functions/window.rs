//! The page numbers that a reader of a long list is offered.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::argument::Arguments;

/// Most pages offered on each side of the current one.
const EACH_SIDE_MAX: i64 = 1_000;
/// Pages offered at either end of the list, whatever the current one.
const ENDS: i64 = 2;

/// `pageWindow(page, pages, each_side)`: the first and the last pages, those around the current one, and null for each gap. All pages when
/// they are few; near an end, the window grows up to it, so that a gap never stands for nothing. As Laravel's paginator does it.
pub fn page_window(arguments: Arguments<'_>) -> Result<Value, String> {
    let (page, pages, each_side) = (arguments.integer(0)?, arguments.integer(1)?.max(1), arguments.integer(2)?);
    if !(0..=EACH_SIDE_MAX).contains(&each_side) {
        return Err(format!("argument 3 must be from 0 to {EACH_SIDE_MAX}"));
    }
    let near = each_side + 4;
    let (start, end) = (1..=ENDS, pages - ENDS + 1..=pages);
    Ok(if pages < each_side * 2 + 8 {
        listed(&[1..=pages])
    } else if page <= near {
        listed(&[1..=near + each_side, end])
    } else if page > pages - near {
        listed(&[start, pages - (near + each_side - 1)..=pages])
    } else {
        listed(&[start, page - each_side..=page + each_side, end])
    })
}

/// The runs of numbers, with null between them.
fn listed(runs: &[RangeInclusive<i64>]) -> Value {
    let mut numbers = Vec::new();
    for run in runs {
        if !numbers.is_empty() {
            numbers.push(Value::Null);
        }
        numbers.extend(run.clone().map(Value::from));
    }
    Value::Array(numbers)
}
