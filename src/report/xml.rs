//! JUnit XML as the strictest readers want it.

use quick_junit::Report;

use super::plain;

pub fn write(report: &Report) -> String {
    let written = report.to_string().expect("writing XML into memory does not fail");
    without_root_skipped(&written, report)
}

/// XML 1.0 has no place for control characters, nor for these two code points, whatever the escape.
pub fn clean(text: &str) -> String {
    plain::visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

/// The schema that Jenkins checks against knows `skipped` on suites, and not on the root, where the library writes it too.
/// The root comes first, and before it stands nothing but a constant name.
fn without_root_skipped(written: &str, report: &Report) -> String {
    written.replacen(&format!(" skipped=\"{}\"", report.skipped), "", 1)
}
