//! What a step calls: an operation by id or path, or a workflow.

use http::Method;

use super::names::{Name, Reader, SOURCE_PREFIX, is_named, operation_ids};
use super::node::{Node, listed};
use super::source::SourceSlot;
use crate::contract::Contract;
use crate::contract::operation::{Operation, OperationId};
use crate::pointer;
use crate::scenario::model::{SourceTarget, StepTarget};
use crate::words::did_you_mean;

const FIELDS: [&str; 4] = ["operationId", "operationPath", "workflowId", "channelPath"];

/// The operation or workflow of a step; exactly one field names it.
pub fn target<'a>(reader: &Reader<'a>, step: &Node<'a>) -> Option<StepTarget> {
    refuse_asynchronous(step);
    let given: Vec<Node<'a>> = FIELDS.iter().filter_map(|field| step.get(field)).collect();
    let names: Vec<&str> = FIELDS.into_iter().filter(|field| step.has(field)).collect();
    match (given.as_slice(), names.as_slice()) {
        ([node], [field]) => {
            let text = node.value.as_str().filter(|text| !text.is_empty())?;
            match *field {
                "operationId" => operation_by_id(reader, node, text),
                "operationPath" => operation_by_path(reader, node, text),
                "workflowId" => reader.workflow(node, text).map(StepTarget::Workflow),
                _ => None,
            }
        }
        ([], _) => {
            let hint = "add `operationId: …`, `operationPath: …` or `workflowId: …`";
            step.refuse("the step does not say what it calls", hint);
            None
        }
        ([_, second, ..], names) => {
            second.refuse_key(
                format!("a step calls one thing, and this one has {}", listed(names)),
                "leave only one of them",
            );
            None
        }
        _ => None,
    }
}

fn refuse_asynchronous(step: &Node<'_>) {
    for field in ["channelPath", "correlationId", "action"] {
        if let Some(node) = step.get(field) {
            node.refuse_key(
                format!("not supported: `{field}` is for AsyncAPI steps"),
                "only steps that call HTTP operations or workflows can be run",
            );
        }
    }
}

fn operation_by_id<'a>(reader: &Reader<'a>, node: &Node<'a>, text: &str) -> Option<StepTarget> {
    let (source, id) = match reader.name(node, text)? {
        Name::Qualified { source, name } => (&reader.sources()[source], name),
        Name::Plain(id) => {
            let sources: Vec<_> = reader.api_sources().collect();
            match sources.as_slice() {
                [] if !reader.knows_all_sources() => return None,
                [] => {
                    node.refuse("there is no OpenAPI source to call operations of", "name one in `sourceDescriptions`");
                    return None;
                }
                [only] => (*only, id),
                _ => {
                    let message = format!("`{id}` could be an operation of {}", reader.api_names());
                    let example = reader
                        .qualified(id)
                        .or_else(|| reader.nearly_qualified(id))
                        .unwrap_or_else(|| format!("{SOURCE_PREFIX}NAME.{id}"));
                    node.refuse(message, format!("say of which: `{example}`"));
                    return None;
                }
            }
        }
    };
    let (api, contract) = operations_of(reader, node, source)?;
    let found = contract.operations.find(id).filter(|found| is_named(contract, contract.operations.get(*found)));
    if found.is_none() {
        refuse_operation(reader, node, contract, &source.name, id);
    }
    found.map(|operation| StepTarget::Operation { api, operation })
}

/// The API that a source is, with its contract; nothing where that could not be read, or where the source has no operations.
fn operations_of<'a>(reader: &Reader<'a>, node: &Node<'a>, source: &SourceSlot) -> Option<(usize, &'a Contract)> {
    match source.target? {
        SourceTarget::Api(api) => Some((api, reader.api(api).contract.as_deref()?)),
        SourceTarget::Description(_) => {
            let message = format!("`{}` is an Arazzo description: it has no operations", source.name);
            node.refuse(message, "a workflow of it is called by `workflowId`");
            None
        }
    }
}

fn refuse_operation<'a>(reader: &Reader<'a>, node: &Node<'a>, contract: &Contract, source: &str, id: &str) {
    let message = format!("`{source}` has no operation `{id}`");
    if let Some(unnamed) = contract.operations.find(id) {
        let pointer = &contract.operations.get(unnamed).pointer;
        let path = format!("{{{SOURCE_PREFIX}{source}.url}}#{pointer}");
        return node
            .refuse(message, format!("an operation without `operationId` is named by `operationPath: '{path}'`"));
    }
    if let Some(stability) = left_out(contract, id) {
        let hint =
            format!("it is `{stability}`, and only what is stable is served: an overlay can set its `x-stability`");
        return node.refuse(message, hint);
    }
    if reader.outline().find(id).is_some() {
        return node.refuse(message, format!("there is a workflow of that name: `workflowId: {id}`"));
    }
    if let Some(elsewhere) = reader.qualified(id) {
        return node.refuse(message, format!("there is one elsewhere: `{elsewhere}`"));
    }
    let ids = operation_ids(contract);
    match did_you_mean(id, ids.iter().copied()).is_none().then(|| reader.nearly_qualified(id)).flatten() {
        Some(elsewhere) => node.refuse(message, format!("did you mean `{elsewhere}`?")),
        None => node.refuse_unknown(message, id, ids),
    }
}

/// The stability class of an operation that the document has and that is not served.
fn left_out<'c>(contract: &'c Contract, id: &str) -> Option<&'c str> {
    let paths = contract.document.at("/paths")?.as_object()?;
    let operations = paths.values().filter_map(|path| path.as_object()).flat_map(|path| path.values());
    let mut named =
        operations.filter(|operation| operation.get("operationId").and_then(|own| own.as_str()) == Some(id));
    named.next()?.get("x-stability")?.as_str()
}

/// `{$sourceDescriptions.NAME.url}#/paths/~1posts~1{id}/get`.
fn operation_by_path<'a>(reader: &Reader<'a>, node: &Node<'a>, text: &str) -> Option<StepTarget> {
    let form = || {
        let names = reader.api_sources().next().map_or("NAME", |source| source.name.as_str());
        format!("write `'{{{SOURCE_PREFIX}{names}.url}}#/paths/~1posts/get'`")
    };
    let Some((expression, pointer)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
        node.refuse(format!("`{text}` does not name its source by an expression"), form());
        return None;
    };
    let (source, field) = match reader.name(node, expression)? {
        Name::Qualified { source, name } => (&reader.sources()[source], name),
        Name::Plain(_) => {
            node.refuse(format!("`{{{expression}}}` is not a source description"), form());
            return None;
        }
    };
    if field != "url" {
        node.refuse(format!("`{{{expression}}}` is not the URL of a source description"), form());
        return None;
    }
    let Some(pointer) = pointer.strip_prefix('#').and_then(pointer::decode_fragment) else {
        node.refuse("a JSON Pointer must follow the source's URL", form());
        return None;
    };
    let (api, contract) = operations_of(reader, node, source)?;
    operation_at(node, contract, &source.name, &pointer).map(|operation| StepTarget::Operation { api, operation })
}

fn operation_at(node: &Node<'_>, contract: &Contract, source: &str, pointer: &str) -> Option<OperationId> {
    let operations = &contract.operations.list;
    let segments: Vec<_> = pointer::segments(pointer).collect();
    let [section, template, method] = segments.as_slice() else {
        let message = format!("`{pointer}` does not lead to an operation");
        let slashes = pointer.starts_with("/paths/") && segments.len() > 3;
        let hint = if slashes {
            "slashes of the path are written `~1`: `/paths/~1posts~1{id}/get`"
        } else {
            "write `/paths/~1posts/get`: the path, then the method"
        };
        node.refuse(message, hint);
        return None;
    };
    if section != "paths" {
        node.refuse(format!("`{pointer}` does not lead to an operation"), "operations are below `/paths`");
        return None;
    }
    let of_path: Vec<&Operation> = operations.iter().filter(|operation| operation.template == **template).collect();
    if of_path.is_empty() {
        let message = format!("`{source}` has no path `{template}`");
        node.refuse_unknown(message, template, operations.iter().map(|operation| operation.template.as_str()));
        return None;
    }
    let fits = |operation: &Operation| operation.template == **template && method_word(&operation.method) == **method;
    let found = operations.iter().position(fits).map(OperationId);
    if found.is_none() {
        let methods: Vec<String> = of_path.iter().map(|operation| method_word(&operation.method)).collect();
        let message = format!("the path `{template}` of `{source}` has no method `{method}`");
        node.refuse_unknown(message, method, methods.iter().map(String::as_str));
    }
    found
}

fn method_word(method: &Method) -> String {
    method.as_str().to_ascii_lowercase()
}
