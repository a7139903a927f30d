//! What an expression can see from where it stands, and what it makes its step or workflow depend on.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::names::Reader;
use super::node::Node;
use super::outline::WorkflowOutline;
use crate::scenario::expression::{Expression, WorkflowField};
use crate::scenario::finding::Site;
use crate::scenario::model::{SourceTarget, Version, WorkflowRef};

/// Where an expression stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// In what is sent: there is no reply yet.
    Request,
    /// In what looks at the exchange: criteria and outputs of a step.
    Reply,
    /// In the actions that follow it.
    Action,
    /// In the outputs of a workflow: all its steps are done.
    Outputs,
    /// In a component, or a part of a workflow that holds for all its steps: nothing is known of the step.
    Shared,
}

/// The names that expressions used.
#[derive(Debug, Default)]
pub struct Uses {
    /// Steps of the same workflow, with the first place that names each.
    pub steps: BTreeMap<usize, String>,
    /// Workflows, with the first place that names each.
    pub workflows: BTreeMap<WorkflowRef, Site>,
}

#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub reader: Reader<'a>,
    /// The workflow that it is in; `None` in a component that nobody has used yet.
    pub workflow: Option<WorkflowRef>,
    /// Index of the step, as written.
    pub step: Option<usize>,
    /// The workflow that the step calls.
    pub called: Option<WorkflowRef>,
    /// `x-standin-each: {as: NAME}`.
    pub element: Option<&'a str>,
    pub phase: Phase,
    pub uses: &'a RefCell<Uses>,
}

impl<'a> Scope<'a> {
    pub fn at(self, phase: Phase) -> Scope<'a> {
        Scope { phase, ..self }
    }

    fn outline(&self) -> Option<&'a WorkflowOutline<'a>> {
        self.workflow.map(|workflow| self.reader.workflow_outline(workflow))
    }

    /// Does everything that the expression names exist?
    pub fn check(&self, node: &Node<'a>, expression: &Expression) {
        match expression {
            Expression::Inputs { name, .. } => self.check_input(node, name),
            Expression::Outputs { name, .. } => self.check_output(node, name),
            Expression::Step { step, output, .. } => self.check_step(node, step, output),
            Expression::Workflow { workflow, field, name, .. } => self.check_workflow(node, workflow, *field, name),
            Expression::Source { name, reference } => self.check_source(node, name, reference),
            Expression::Component { .. } => {
                let hint = "components are used by a reusable object: `- reference: $components.…`";
                node.refuse(format!("`{expression}` is not a value"), hint);
            }
            Expression::Message(_) => {
                node.refuse(
                    format!("not supported: `{expression}`"),
                    "`$message` is AsyncAPI's; a reply is `$response`",
                );
            }
            Expression::SelfUri => self.check_self(node),
            Expression::StatusCode | Expression::Response(_) => self.check_reply(node, expression),
            Expression::Url | Expression::Method | Expression::Request(_) => self.check_exchange(node, expression),
        }
    }

    fn check_input(&self, node: &Node<'a>, name: &str) {
        let Some(outline) = self.outline() else { return };
        if outline.inputs.has(name) || self.element == Some(name) {
            return;
        }
        let message = format!("workflow `{}` declares no input `{name}`", outline.id);
        let known: Vec<&str> = outline.inputs.names().chain(self.element).collect();
        if known.is_empty() {
            let schema = format!("inputs: {{type: object, properties: {{{name}: {{type: string}}}}}}");
            node.refuse(message, format!("declare it: `{schema}`"));
        } else {
            node.refuse_unknown(message, name, known);
        }
    }

    /// `$outputs`: those of the workflow that the step called, else of the workflow itself.
    fn check_output(&self, node: &Node<'a>, name: &str) {
        let Some(own) = self.outline() else { return };
        let outline = match (self.called, self.phase) {
            (Some(called), Phase::Reply | Phase::Action) => self.reader.workflow_outline(called),
            (_, Phase::Shared) => return,
            _ => own,
        };
        if !outline.outputs.contains(name) {
            let message = format!("workflow `{}` defines no output `{name}`", outline.id);
            node.refuse_unknown(message, name, outline.outputs.iter().copied());
        }
    }

    fn check_step(&self, node: &Node<'a>, step: &str, output: &str) {
        let (Some(workflow), Some(outline)) = (self.workflow, self.outline()) else { return };
        let Some(index) = self.reader.step(node, workflow, step) else { return };
        let outputs = &outline.steps[index].outputs;
        if !outputs.contains(output) {
            let message = format!("step `{step}` defines no output `{output}`");
            if outputs.is_empty() {
                let from = if outline.steps[index].calls { "$outputs.…" } else { "$response.body#/…" };
                node.refuse(message, format!("give it one: `outputs: {{{output}: {from}}}`"));
            } else {
                node.refuse_unknown(message, output, outputs.iter().copied());
            }
        }
        if self.step == Some(index) {
            if matches!(self.phase, Phase::Request | Phase::Reply) {
                let hint = "what the reply holds is `$response.body#/…`";
                node.refuse(format!("step `{step}` refers to its own outputs, which exist once it is done"), hint);
            }
            return;
        }
        self.uses.borrow_mut().steps.entry(index).or_insert_with(|| node.pointer.clone());
    }

    fn check_workflow(&self, node: &Node<'a>, id: &str, field: WorkflowField, name: &str) {
        let reader = self.reader;
        let Some(index) = reader.outline().find(id) else {
            let message = format!("there is no workflow `{id}` in this description");
            return node.refuse_unknown(message, id, reader.outline().ids.keys().copied());
        };
        let workflow = WorkflowRef { description: reader.index, workflow: index };
        let outline = reader.workflow_outline(workflow);
        match field {
            WorkflowField::Inputs if !outline.inputs.has(name) => {
                let message = format!("workflow `{id}` declares no input `{name}`");
                node.refuse_unknown(message, name, outline.inputs.names());
            }
            WorkflowField::Outputs if !outline.outputs.contains(name) => {
                let message = format!("workflow `{id}` defines no output `{name}`");
                node.refuse_unknown(message, name, outline.outputs.iter().copied());
            }
            _ if self.workflow == Some(workflow) => {
                let own = match field {
                    WorkflowField::Inputs => format!("write `$inputs.{name}`"),
                    WorkflowField::Outputs => "refer to the outputs of its steps: `$steps.ID.outputs.NAME`".to_owned(),
                };
                node.refuse(format!("workflow `{id}` refers to itself"), own);
            }
            _ => {
                self.uses.borrow_mut().workflows.entry(workflow).or_insert_with(|| node.site());
            }
        }
    }

    fn check_source(&self, node: &Node<'a>, name: &str, reference: &str) {
        let sources = self.reader.sources();
        let Some(source) = sources.iter().find(|source| source.name == name) else {
            let message = format!("there is no source description `{name}`");
            return node.refuse_unknown(message, name, sources.iter().map(|source| source.name.as_str()));
        };
        if matches!(reference, "name" | "url" | "type") || source.target.is_none() {
            return;
        }
        let known = match source.target {
            Some(SourceTarget::Api(api)) => {
                self.reader.api(api).contract.as_ref().is_none_or(|api| api.operations.find(reference).is_some())
            }
            Some(SourceTarget::Description(index)) => self.reader.outlines[index].find(reference).is_some(),
            None => true,
        };
        if known {
            let hint =
                format!("`operationId` and `workflowId` take it; a value can be `$sourceDescriptions.{name}.url`");
            return node.refuse(format!("`$sourceDescriptions.{name}.{reference}` is not a value"), hint);
        }
        node.refuse_unknown(
            format!("source description `{name}` has no `{reference}`"),
            reference,
            ["name", "url", "type"],
        );
    }

    fn check_self(&self, node: &Node<'a>) {
        if node.version() < Version::V1_1 {
            node.refuse(
                "`$self` is an expression of Arazzo 1.1, and this document is 1.0",
                "write `arazzo: 1.1.0` at the top to use it",
            );
        } else if self.reader.gathered.descriptions[self.reader.index].self_uri.is_none() {
            node.refuse("`$self` has no value", "give the description a `$self` at the top");
        }
    }

    /// What is there once a reply is.
    fn check_reply(&self, node: &Node<'a>, expression: &Expression) {
        if self.phase == Phase::Request {
            let hint = "refer to an earlier step's reply by its outputs: `$steps.ID.outputs.NAME`";
            return node.refuse(format!("`{expression}` is not there yet: the request has not been sent"), hint);
        }
        self.check_exchange(node, expression);
    }

    /// What only a step that calls an operation has.
    fn check_exchange(&self, node: &Node<'a>, expression: &Expression) {
        if self.phase == Phase::Outputs {
            let hint = "make it an output of its step, and refer to that: `$steps.ID.outputs.NAME`";
            node.refuse(format!("`{expression}` belongs to a step, and these are the outputs of the workflow"), hint);
        } else if let (Some(called), Phase::Reply | Phase::Request) = (self.called, self.phase) {
            let called = self.reader.workflow_outline(called);
            let outputs: Vec<&str> = called.outputs.iter().copied().collect();
            let hint = match outputs.first() {
                Some(output) => format!("its outputs are there: `$outputs.{output}`"),
                None => format!("give `{}` outputs, and refer to these: `$outputs.NAME`", called.id),
            };
            node.refuse(format!("`{expression}` is not there: the step calls workflow `{}`", called.id), hint);
        }
    }
}
