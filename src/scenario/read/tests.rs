use std::cell::RefCell;
use std::collections::BTreeSet;

use super::*;

/// Files in memory, which remembers what was read.
struct Files<'a> {
    texts: &'a [(&'a str, &'a str)],
    read: RefCell<Vec<String>>,
}

impl documents::Source for Files<'_> {
    fn read(&self, name: &str) -> Result<String, String> {
        self.read.borrow_mut().push(name.to_owned());
        let found = self.texts.iter().find(|(file, _)| *file == name);
        found.map(|(_, text)| (*text).to_owned()).ok_or("no such file".to_owned())
    }
}

const API: &str = "\
openapi: 3.1.0
info: {title: Pets, version: '1'}
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {'200': {description: ok}}
  /pets:
    get: {operationId: listPets, responses: {'200': {description: ok}}}
";

fn description(rest: &str) -> String {
    format!(
        "arazzo: 1.1.0\ninfo: {{title: T, version: '1'}}\nsourceDescriptions: [{{name: api, url: api.yaml}}]\n{rest}"
    )
}

fn read_one(text: &str) -> Result<Suite, Vec<LoadError>> {
    let files = Files { texts: &[("main.yaml", text), ("api.yaml", API)], read: RefCell::default() };
    read(&Sources { files: &files, overlays: &|_| Vec::new() }, &["main.yaml".to_owned()])
}

fn messages(result: Result<Suite, Vec<LoadError>>) -> Vec<String> {
    result.map(|_| Vec::new()).unwrap_or_else(|errors| errors.iter().map(|error| error.message.clone()).collect())
}

#[test]
fn a_description_is_told_from_other_files_by_its_first_words() {
    for text in [
        "arazzo: 1.0.1\n",
        "# c\n$self: a\narazzo : 1.1.0\n",
        "'arazzo': 1.1.0",
        "{\"arazzo\": \"1.1.0\"}",
        "\u{feff}{arazzo: 1.1.0}",
    ] {
        assert!(is_description(text), "{text}");
    }
    for text in
        ["openapi: 3.1.0\n", "  arazzo: 1.0.1\n", "arazzo:1", "{\"info\": {\"arazzo\": 1}}", "", "{", "arazzos: 1\n"]
    {
        assert!(!is_description(text), "{text}");
    }
}

#[test]
fn each_file_is_compiled_once_however_it_is_named() {
    let text = "arazzo: 1.1.0\ninfo: {title: T, version: '1'}\nsourceDescriptions:\n- {name: a, url: ./api.yaml}\n\
                - {name: b, url: x/../api.yaml}\n- {name: self, url: main.yaml, type: arazzo}\n\
                workflows: [{workflowId: w, steps: [{stepId: s, operationId: $sourceDescriptions.b.listPets}]}]\n";
    let files = Files { texts: &[("main.yaml", text), ("api.yaml", API)], read: RefCell::default() };
    let sources = Sources { files: &files, overlays: &|_| Vec::new() };
    let suite = read(&sources, &["./main.yaml".to_owned(), "x/../main.yaml".to_owned()]).expect("it is valid");
    assert_eq!((suite.descriptions.len(), suite.asked, suite.apis.len()), (1, 1, 1));
    assert_eq!(suite.apis[0].name, "a");
    assert_eq!(files.read.borrow().iter().filter(|name| *name == "main.yaml").count(), 1);
}

#[test]
fn overlays_of_shipped_services_come_before_those_of_the_source() {
    let overlay = |summary: &str| {
        format!(
            "overlay: 1.0.0\ninfo: {{title: O, version: '1'}}\nactions:\n- target: $.paths['/pets'].get\n  update: {{summary: {summary}}}\n"
        )
    };
    let (first, second) = (overlay("first"), overlay("second"));
    let text = "arazzo: 1.1.0\ninfo: {title: T, version: '1'}\nsourceDescriptions:\n- {name: a, url: ../api.yaml}\n\
                - {name: b, url: ../api.yaml, x-standin-overlays: [more/second.yaml]}\n\
                workflows: [{workflowId: w, steps: [{stepId: s, operationId: $sourceDescriptions.b.listPets}]}]\n";
    let texts = [("s/main.yaml", text), ("api.yaml", API), ("first.yaml", &first), ("s/more/second.yaml", &second)];
    let files = Files { texts: &texts, read: RefCell::default() };
    let overlays = |name: &str| if name == "api.yaml" { vec!["first.yaml".to_owned()] } else { Vec::new() };
    let suite =
        read(&Sources { files: &files, overlays: &overlays }, &["s/main.yaml".to_owned()]).expect("it is valid");
    let summaries: Vec<&str> = suite
        .apis
        .iter()
        .map(|api| api.contract.document.at("/paths/~1pets/get/summary").and_then(|text| text.as_str()).unwrap_or(""))
        .collect();
    assert_eq!(summaries, ["first", "second"]);
}

#[test]
fn the_control_api_is_known_by_its_base_path() {
    let control = API.replace("paths:\n", "servers: [{url: /_standin}]\npaths:\n");
    let text = description("workflows: [{workflowId: w, steps: [{stepId: s, operationId: listPets}]}]");
    let files = Files { texts: &[("main.yaml", &text), ("api.yaml", &control)], read: RefCell::default() };
    let suite = read(&Sources { files: &files, overlays: &|_| Vec::new() }, &["main.yaml".to_owned()]);
    assert!(suite.expect("it is valid").apis[0].control);
    assert!(!read_one(&text).expect("it is valid").apis[0].control);
}

#[test]
fn an_operation_that_is_not_served_is_said_to_be_so() {
    let beta = API.replace("operationId: listPets,", "operationId: listPets, x-stability: beta,");
    let text = description("workflows: [{workflowId: w, steps: [{stepId: s, operationId: listPets}]}]");
    let files = Files { texts: &[("main.yaml", &text), ("api.yaml", &beta)], read: RefCell::default() };
    let errors = read(&Sources { files: &files, overlays: &|_| Vec::new() }, &["main.yaml".to_owned()]);
    let told: Vec<String> = errors.err().unwrap_or_default().iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "main.yaml /workflows/0/steps/0/operationId: `api` has no operation `listPets` (it is `beta`, and only what is stable is \
          served: an overlay can set its `x-stability`)"
        ]
    );
}

#[test]
fn thousands_of_mistakes_are_told_up_to_a_limit() {
    let steps: String = (0..5_000).map(|index| format!("  - {{stepId: s{index}, operationId: listPest}}\n")).collect();
    let text = description(&format!("workflows:\n- workflowId: w\n  steps:\n{steps}"));
    assert_eq!(messages(read_one(&text)).len(), COMPLAINTS_MAX);
}

#[test]
fn too_many_steps_are_refused() {
    let steps: String =
        (0..=STEPS_MAX).map(|index| format!("  - {{stepId: s{index}, operationId: listPets}}\n")).collect();
    let text = description(&format!("workflows:\n- workflowId: w\n  steps:\n{steps}"));
    assert_eq!(messages(read_one(&text)), ["the workflow has more than 10000 steps"]);
}

#[test]
fn a_chain_of_ten_thousand_steps_is_put_in_order() {
    let mut steps = String::new();
    for index in (0..9_999).rev() {
        steps.push_str(&format!("  - {{stepId: s{}, operationId: listPets, dependsOn: [s{index}]}}\n", index + 1));
    }
    steps.push_str("  - {stepId: s0, operationId: listPets}\n");
    let text = description(&format!("workflows:\n- workflowId: w\n  steps:\n{steps}"));
    let suite = read_one(&text).expect("it is valid");
    let steps = &suite.descriptions[0].workflows[0].steps;
    assert_eq!((steps[0].id.as_str(), steps[9_999].id.as_str()), ("s0", "s9999"));
    assert_eq!(steps[5_000].depends_on, [4_999]);
}

#[test]
fn a_chain_of_workflows_is_followed_without_exhausting_the_stack() {
    let mut workflows = String::new();
    for index in 0..4_000 {
        let next = if index == 3_999 { 0 } else { index + 1 };
        workflows.push_str(&format!(
            "- {{workflowId: w{index}, dependsOn: [w{next}], steps: [{{stepId: s, operationId: listPets}}]}}\n"
        ));
    }
    let found = messages(read_one(&description(&format!("workflows:\n{workflows}"))));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("workflows depend on one another: `w0` → `w1` → "), "{}", &found[0][..80]);
}

#[test]
fn components_that_multiply_are_refused() {
    let list = vec!["1"; 2_000].join(", ");
    let steps: String = (0..2_000).map(|index| format!("  - {{stepId: s{index}, operationId: listPets}}\n")).collect();
    let text = description(&format!(
        "workflows:\n- workflowId: w\n  parameters: [{{name: p, in: query, value: [{list}]}}]\n  steps:\n{steps}"
    ));
    assert_eq!(messages(read_one(&text)), ["components and workflow-level parts become more than 2000000 values"]);
}

#[test]
fn deep_nesting_is_refused_and_not_walked() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    let text = description(&format!(
        "workflows: [{{workflowId: w, steps: [{{stepId: s, operationId: listPets, requestBody: {{payload: {deep}}}}}]}}]"
    ));
    assert_eq!(messages(read_one(&text)), ["not valid YAML: recursion limit exceeded"]);
}

#[test]
fn schemas_that_refer_to_themselves_are_read() {
    let text = description(
        "components: {inputs: {tree: {type: object, properties: {child: {$ref: '#/components/inputs/tree'}}, \
         allOf: [{$ref: '#/components/inputs/tree'}, {$ref: '#/components/inputs/tree'}]}}}\n\
         workflows: [{workflowId: w, inputs: {$ref: '#/components/inputs/tree'}, steps: [{stepId: s, operationId: listPets, \
         x-standin-if: $inputs.child != null}]}]",
    );
    let suite = read_one(&text).expect("it is valid");
    let inputs = suite.descriptions[0].workflows[0].inputs.as_ref().expect("there are inputs");
    assert_eq!(inputs.properties.iter().map(|input| input.name.as_str()).collect::<Vec<_>>(), ["child"]);
}

#[test]
fn too_many_descriptions_are_refused() {
    struct Endless;
    impl documents::Source for Endless {
        fn read(&self, name: &str) -> Result<String, String> {
            let next = name.trim_end_matches(".yaml").parse::<usize>().map_or(0, |number| number + 1);
            Ok(format!(
                "arazzo: 1.1.0\ninfo: {{title: T, version: '1'}}\nsourceDescriptions: [{{name: n, url: {next}.yaml, type: arazzo}}]\n\
                 workflows: [{{workflowId: w, steps: [{{stepId: s, workflowId: $sourceDescriptions.n.w, x-standin-if: 1 == 2}}]}}]\n"
            ))
        }
    }
    let result = read(&Sources { files: &Endless, overlays: &|_| Vec::new() }, &["0.yaml".to_owned()]);
    let found: BTreeSet<String> = messages(result).into_iter().collect();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), ["more than 1000 descriptions are reached"]);
}
