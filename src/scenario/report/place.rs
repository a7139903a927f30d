//! Places as people and tools name them: `file:line:column`.

use std::path::Path;

use crate::report::plain;
use crate::scenario::finding::{Finding, Site};
use crate::scenario::results::{Position, Positions, WorkflowResult};

/// `file:line:column` of a site; the file and its pointer where the line is not known.
pub fn told(site: &Site, positions: &dyn Positions) -> String {
    let file = plain::single(&site.file);
    match positions.find(&site.file, &site.pointer) {
        Some(position) => format!("{file}:{}:{}", position.line, position.column),
        None if site.pointer.is_empty() => file,
        None => format!("{file}#{}", plain::single(&site.pointer)),
    }
}

/// Where a finding stands in its scenario; the line of its workflow where the place itself is not found.
pub fn of_finding(finding: &Finding, workflow: Option<&WorkflowResult>, positions: &dyn Positions) -> Option<Position> {
    let site = &finding.scenario;
    positions.find(&site.file, &site.pointer).or_else(|| {
        let workflow = workflow.filter(|workflow| workflow.file == *site.file)?;
        Some(Position { line: workflow.line.max(1), column: 1, end_column: 1 })
    })
}

/// `file:line` of a workflow; the file alone where the line is not known.
pub fn of_workflow(workflow: &WorkflowResult) -> String {
    let file = plain::single(&workflow.file);
    if workflow.line == 0 { file } else { format!("{file}:{}", workflow.line) }
}

/// A file's name without its folders and endings: `scenarios/posts.arazzo.yaml` is `posts`.
pub fn stem(file: &str) -> &str {
    let name = Path::new(file).file_name().and_then(|name| name.to_str()).unwrap_or(file);
    match name.split_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::stem;

    #[test]
    fn a_stem_has_neither_folders_nor_endings() {
        assert_eq!(stem("scenarios/flow/posts.arazzo.yaml"), "posts");
        assert_eq!(stem("posts"), "posts");
        assert_eq!(stem(".hidden"), ".hidden");
        assert_eq!(stem(""), "");
    }
}
