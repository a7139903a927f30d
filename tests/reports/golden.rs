//! Outputs that were read and approved, as files. `STANDIN_UPDATE=1` rewrites them: read the difference before it is committed.

use std::path::PathBuf;

#[track_caller]
pub fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/reports/golden").join(name);
    if std::env::var_os("STANDIN_UPDATE").is_some() {
        std::fs::write(&path, text).expect("a golden file can be written");
        return;
    }
    let approved = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        approved == text,
        "{name} is not what was approved; STANDIN_UPDATE=1 rewrites it\n{}",
        similar::TextDiff::from_lines(approved.as_str(), text).unified_diff()
    );
}
