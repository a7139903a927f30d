use super::*;
use crate::contract::document as documents;
use crate::scenario::read::{self, Sources};

const API: &str = "\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets:
    get: {operationId: listPets, responses: {'200': {description: ok}}}
";

/// One file for each name.
struct Files<'a>(&'a [(&'a str, String)]);

impl documents::Source for Files<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        if name == "api.yaml" {
            return Ok(API.to_owned());
        }
        self.0.iter().find(|(file, _)| *file == name).map(|(_, text)| text.clone()).ok_or("no such file".to_owned())
    }
}

/// A description of workflows, each with what it depends on and what its one step says.
fn description(workflows: &[(&str, &str, &str)]) -> String {
    let mut text = "arazzo: 1.1.0\ninfo: {title: T, version: '1'}\nsourceDescriptions:\n- {name: api, url: api.yaml}\n\
                    - {name: other, url: other.yaml, type: arazzo}\nworkflows:\n"
        .to_owned();
    for (id, depends_on, step) in workflows {
        text.push_str(&format!("- workflowId: {id}\n  dependsOn: [{depends_on}]\n  steps: [{{stepId: s, {step}}}]\n"));
    }
    text
}

const CALL: &str = "operationId: $sourceDescriptions.api.listPets";

fn suite(workflows: &[(&str, &str, &str)]) -> Suite {
    let files = [
        ("main.yaml", description(workflows)),
        ("other.yaml", description(&[("login", "", CALL), ("rest", "", CALL)])),
    ];
    let sources = Sources { files: &Files(&files), overlays: &|_| Vec::new() };
    read::read(&sources, &["main.yaml".to_owned()]).unwrap_or_else(|errors| panic!("{errors:?}"))
}

fn ids(suite: &Suite, groups: &[Group]) -> Vec<Vec<String>> {
    let id = |at: &WorkflowRef| suite.workflow(*at).id.clone();
    groups.iter().map(|group| group.workflows.iter().map(id).collect()).collect()
}

#[track_caller]
fn check(suite: &Suite, wanted: &[&str], expected: &[&[&str]]) {
    let wants = |at: WorkflowRef| wanted.is_empty() || wanted.contains(&suite.workflow(at).id.as_str());
    assert_eq!(ids(suite, &groups(suite, &wants)), expected);
}

#[test]
fn workflows_that_know_nothing_of_one_another_run_apart() {
    check(&suite(&[("a", "", CALL), ("b", "", CALL)]), &[], &[&["a"], &["b"]]);
}

#[test]
fn dependencies_run_first_and_once_in_the_same_world() {
    let suite = suite(&[("c", "a, b", CALL), ("b", "a", CALL), ("a", "", CALL), ("d", "a", CALL), ("e", "", CALL)]);
    check(&suite, &[], &[&["a", "b", "c", "d"], &["e"]]);
    check(&suite, &["b"], &[&["a", "b"]]);
    check(&suite, &["d", "e"], &[&["a", "d"], &["e"]]);
}

#[test]
fn a_dependency_in_another_file_runs_though_nobody_asked_for_it() {
    let suite = suite(&[("a", "$sourceDescriptions.other.login", CALL)]);
    check(&suite, &[], &[&["login", "a"]]);
}

#[test]
fn what_others_call_is_a_workflow_like_any_other_to_whom_asks_for_it() {
    let called = suite(&[("a", "", "workflowId: b"), ("b", "", CALL)]);
    check(&called, &["b"], &[&["b"]]);
    check(&called, &["nothing"], &[]);
    let needed = suite(&[("a", "", "workflowId: b"), ("b", "", CALL), ("c", "b", CALL)]);
    check(&needed, &["a", "c"], &[&["a"], &["b", "c"]]);
}

#[test]
fn what_a_called_workflow_depends_on_is_done_before_its_caller() {
    let suite = suite(&[("a", "", "workflowId: b"), ("b", "c", CALL), ("c", "", CALL)]);
    check(&suite, &["a", "c"], &[&["c", "a"]]);
}

#[test]
fn each_group_is_in_exactly_one_shard_whatever_else_there_is() {
    let names: Vec<String> = (0..40).map(|index| format!("w{index}")).collect();
    let workflows: Vec<(&str, &str, &str)> = names.iter().map(|name| (name.as_str(), "", CALL)).collect();
    let all = suite(&workflows);
    let share = |suite: &Suite, index| ids(suite, &shard(suite, groups(suite, &|_| true), index, 3));
    let shares: Vec<Vec<Vec<String>>> = (1..=3).map(|index| share(&all, index)).collect();
    assert!(shares.iter().all(|share| share.len() > 4), "{shares:?}");
    let mut together: Vec<&Vec<String>> = shares.iter().flatten().collect();
    together.sort();
    together.dedup();
    assert_eq!(together.len(), 40);
    let fewer = suite(&workflows[20..]);
    for (index, whole) in shares.iter().enumerate() {
        assert!(share(&fewer, index + 1).iter().all(|group| whole.contains(group)));
    }
    assert_eq!(shard(&all, groups(&all, &|_| true), 1, 1).len(), 40);
    assert_eq!(shard(&all, groups(&all, &|_| true), 4, 3).len(), 0);
}
