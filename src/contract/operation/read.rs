//! Reads operations piece by piece, so that every complaint names its place and one bad piece hides no other.
//!
//! The one file that knows the `openapiv3` model.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use http::{HeaderName, Method};
use openapiv3::{Content, HeaderStyle, ParameterSchemaOrContent, PathStyle, QueryStyle, ReferenceOr};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::server;
use super::skeleton::{self, Located};
use super::{Media, Operation, RequestBody, Response, ResponseHeader};
use crate::contract::document::{Document, referred};
use crate::contract::error::LoadError;
use crate::contract::parameter::{Parameter, Style, shape};
use crate::contract::sample::Direction;
use crate::contract::schema::{SchemaId, SchemasBuilder};
use crate::contract::violation::Place;
use crate::json;
use crate::pointer::escape;
use crate::words::did_you_mean;

/// The class of an operation that says nothing of its stability.
const STABLE: &str = "stable";

/// Path Item fields that are operations, in the order of the specification.
const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// Header parameters that OpenAPI describes elsewhere and tells readers to ignore.
const IGNORED_HEADERS: [&str; 3] = ["accept", "content-type", "authorization"];

/// Operations in document order, and their schemas; what is wrong is added to `errors`.
pub fn read(document: &Document, included: &[String], errors: &mut Vec<LoadError>) -> (Vec<Operation>, SchemasBuilder) {
    let mut reader = Reader {
        document,
        included,
        errors,
        schemas: SchemasBuilder::default(),
        list: Vec::new(),
        seen: BTreeMap::new(),
        shared_parameters: BTreeMap::new(),
        shared: BTreeMap::new(),
        shared_headers: BTreeMap::new(),
        root_security: None,
        classes: BTreeSet::from([STABLE]),
    };
    let paths = Located { value: document.at("/paths").unwrap_or(&Value::Null), pointer: "/paths".to_owned() };
    for template in paths.value.as_object().into_iter().flat_map(|paths| paths.keys()) {
        if !template.starts_with("x-")
            && let Some(item) = paths.member(template)
        {
            reader.path(template, &item);
        }
    }
    reader.check_included();
    (reader.list, reader.schemas)
}

struct Reader<'a> {
    document: &'a Document,
    included: &'a [String],
    errors: &'a mut Vec<LoadError>,
    schemas: SchemasBuilder,
    list: Vec<Operation>,
    /// Operation ids, and where each was met first.
    seen: BTreeMap<String, String>,
    /// Parameters that are referred to, read once, by what references to them say.
    shared_parameters: BTreeMap<String, Parameter>,
    /// Responses that are referred to, likewise, and by their own pointer.
    shared: BTreeMap<String, Arc<Response>>,
    /// Headers that are referred to, likewise, by the name that a response gave them first.
    shared_headers: BTreeMap<String, ResponseHeader>,
    /// The document's own security, checked once.
    root_security: Option<Vec<BTreeMap<String, Vec<String>>>>,
    /// The stability classes met.
    classes: BTreeSet<&'a str>,
}

impl<'a> Reader<'a> {
    fn path(&mut self, template: &str, item: &Located<'a>) {
        // A Path Item may be a reference and have fields of its own beside it; its own win.
        let target = match item.clone().resolve(self.document) {
            Ok(target) => target,
            Err(error) => return self.errors.push(error),
        };
        let servers = item.member("servers").or_else(|| target.member("servers"));
        for name in METHODS {
            let Some(found) = item.member(name).or_else(|| target.member(name)) else { continue };
            let method =
                Method::from_bytes(name.to_ascii_uppercase().as_bytes()).expect("the table holds method names");
            let stability = json::get(found.value, "x-stability").and_then(Value::as_str).unwrap_or(STABLE);
            self.classes.insert(stability);
            if stability == STABLE || self.included.iter().any(|class| class == stability) {
                let base = self.base(found.member("servers").or_else(|| servers.clone()));
                self.operation(method, template, base, stability, &target, &found);
            }
        }
    }

    /// A class that is asked for and that no operation has is a slip.
    fn check_included(&mut self) {
        for class in self.included.iter().filter(|class| !self.classes.contains(class.as_str())) {
            let known: Vec<&str> = self.classes.iter().copied().collect();
            let hint = match did_you_mean(class, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are: {}", known.join(", ")),
            };
            let message = format!("no operation has the stability class `{class}`");
            self.errors.push(LoadError::new(self.document.name.clone(), "", message).hint(hint));
        }
    }

    /// The base path that servers of a path or an operation set.
    fn base(&mut self, servers: Option<Located<'a>>) -> Option<String> {
        let first = servers?.item(0)?;
        server::path(self.document, &first).map_err(|error| self.errors.push(error)).ok()
    }

    fn operation(
        &mut self,
        method: Method,
        template: &str,
        base: Option<String>,
        stability: &str,
        item: &Located<'a>,
        found: &Located<'a>,
    ) {
        if !found.value.is_object() {
            let message = "this is not valid OpenAPI: an operation is an object".to_owned();
            return self.complain(found.pointer.clone(), message, "remove it, or write it out");
        }
        let Some(read) = self.parse::<openapiv3::Operation>(&found.pointer, skeleton::operation(found.value)) else {
            return;
        };
        let id = read.operation_id.unwrap_or_else(|| format!("{method} {template}"));
        if let Some(first) = self.seen.get(&id) {
            let message = format!("the operationId `{id}` is taken by {first}");
            self.complain(format!("{}/operationId", found.pointer), message, "give each operation an id of its own");
        }
        self.seen.entry(id.clone()).or_insert_with(|| found.pointer.clone());
        let operation = Operation {
            id,
            method,
            template: template.to_owned(),
            base,
            pointer: found.pointer.clone(),
            summary: read.summary.unwrap_or_default(),
            tags: read.tags,
            stability: stability.to_owned(),
            parameters: self.parameters(template, item, found),
            body: self.body(found),
            responses: self.responses(found),
            security: self.security(read.security, found),
        };
        self.list.push(operation);
    }

    /// The path's parameters, each replaced by the operation's of the same name and place.
    fn parameters(&mut self, template: &str, item: &Located<'a>, operation: &Located<'a>) -> Vec<Parameter> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for owner in [item, operation] {
            let Some(list) = owner.member("parameters") else { continue };
            for index in 0..list.value.as_array().map_or(0, Vec::len) {
                let Some(parameter) = list.item(index).and_then(|one| self.parameter(one)) else { continue };
                let same = |other: &Parameter| other.place == parameter.place && other.name == parameter.name;
                match parameters.iter().position(same) {
                    Some(position) => parameters[position] = parameter,
                    None => parameters.push(parameter),
                }
            }
        }
        // A path parameter that the template has no room for could never be sent, and would be missing from every call.
        parameters.retain(|one| one.place != Place::Path || template.contains(&format!("{{{}}}", one.name)));
        parameters.retain(|one| one.place != Place::Header || !is_ignored_header(&one.name));
        parameters
    }

    fn parameter(&mut self, declared: Located<'a>) -> Option<Parameter> {
        if let Some(shared) = met(&self.shared_parameters, declared.value) {
            return Some(shared.clone());
        }
        let reference = referred(declared.value);
        let found = self.resolve(declared)?;
        let read = self.parse::<openapiv3::Parameter>(&found.pointer, skeleton::parameter(&found))?;
        let (place, style) = place_and_style(&read);
        let empty_allowed = matches!(&read, openapiv3::Parameter::Query { allow_empty_value: Some(true), .. });
        let data = read.parameter_data();
        let (pointer, json) = match &data.format {
            ParameterSchemaOrContent::Schema(schema) => (schema_pointer(Some(schema)), false),
            ParameterSchemaOrContent::Content(content) => first_content(content),
        };
        let (schema, raw) = match found.at(pointer) {
            Some(raw) if empty_allowed => {
                let checked = json!({ "anyOf": [raw, { "const": "" }] });
                (Some(self.schemas.add_for(Direction::Request, &checked, pointer)), raw.clone())
            }
            _ => self.schema(&found, pointer, Direction::Request),
        };
        let parameter = Parameter {
            required: data.required || place == Place::Path,
            explode: data.explode.unwrap_or(style == Style::Form),
            default: json::get(self.document.resolve(&raw), "default").or_else(|| json::get(&raw, "default")).cloned(),
            shape: shape(self.document, &raw),
            name: data.name,
            description: data.description.unwrap_or_default(),
            place,
            style,
            schema,
            raw,
            json,
        };
        if let Some(reference) = reference {
            self.shared_parameters.insert(reference.into_owned(), parameter.clone());
        }
        Some(parameter)
    }

    fn body(&mut self, operation: &Located<'a>) -> Option<RequestBody> {
        let found = self.resolve(operation.member("requestBody")?)?;
        let read = self.parse::<openapiv3::RequestBody>(&found.pointer, skeleton::body(&found))?;
        Some(RequestBody { required: read.required, media: self.media(&found, &read.content, Direction::Request) })
    }

    fn responses(&mut self, operation: &Located<'a>) -> BTreeMap<String, Arc<Response>> {
        let mut responses = BTreeMap::new();
        let Some(declared) = operation.member("responses") else { return responses };
        for (status, value) in declared.value.as_object().into_iter().flatten() {
            if status.starts_with("x-") {
                continue;
            }
            let Some(key) = status_key(status) else {
                let message = format!("`{status}` is not a status");
                let pointer = format!("{}/{}", declared.pointer, escape(status));
                self.complain(pointer, message, "write a code (`200`), a range (`4XX`) or `default`");
                continue;
            };
            let response = match met(&self.shared, value) {
                Some(shared) => Some(shared.clone()),
                None => declared.member(status).and_then(|one| self.response(one)),
            };
            responses.extend(response.map(|response| (key, response)));
        }
        responses
    }

    fn response(&mut self, declared: Located<'a>) -> Option<Arc<Response>> {
        let reference = referred(declared.value);
        let found = self.resolve(declared)?;
        let response = match self.shared.get(&found.pointer) {
            Some(shared) => shared.clone(),
            None => Arc::new(self.written_response(&found)?),
        };
        if let Some(reference) = reference {
            self.shared.insert(reference.into_owned(), response.clone());
            self.shared.insert(found.pointer, response.clone());
        }
        Some(response)
    }

    fn written_response(&mut self, found: &Located<'a>) -> Option<Response> {
        let read = self.parse::<openapiv3::Response>(&found.pointer, skeleton::response(found))?;
        let media = self.media(found, &read.content, Direction::Reply);
        Some(Response { description: read.description, media, headers: self.headers(found) })
    }

    fn headers(&mut self, response: &Located<'a>) -> Vec<ResponseHeader> {
        let Some(declared) = response.member("headers") else { return Vec::new() };
        let headers = declared.value.as_object().into_iter().flatten();
        let headers = headers.filter(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
        let read = headers.filter_map(|(name, value)| match met(&self.shared_headers, value) {
            Some(shared) => Some(named(shared, name)),
            None => self.header(name, declared.member(name)?),
        });
        read.collect()
    }

    fn header(&mut self, name: &str, declared: Located<'a>) -> Option<ResponseHeader> {
        let reference = referred(declared.value);
        let found = self.resolve(declared)?;
        let read = self.parse::<openapiv3::Header>(&found.pointer, skeleton::header(&found))?;
        let pointer = match &read.format {
            ParameterSchemaOrContent::Schema(schema) => schema_pointer(Some(schema)),
            ParameterSchemaOrContent::Content(content) => first_content(content).0,
        };
        let (schema, raw) = self.schema(&found, pointer, Direction::Reply);
        let (name, field) = (name.to_owned(), HeaderName::from_bytes(name.as_bytes()).ok());
        // Every header style but `simple` is unknown to the model, and would have been refused by it.
        let HeaderStyle::Simple = read.style;
        let header = ResponseHeader { name, field, required: read.required, schema, raw: raw.into() };
        if let Some(reference) = reference {
            self.shared_headers.insert(reference.into_owned(), header.clone());
        }
        Some(header)
    }

    fn media(&mut self, found: &Located<'a>, content: &Content, direction: Direction) -> Vec<Media> {
        let read = |(name, media): (&String, &openapiv3::MediaType)| {
            let pointer = schema_pointer(media.schema.as_ref());
            let (schema, raw) = self.schema(found, pointer, direction);
            let owner = pointer.strip_suffix("/schema").and_then(|owner| found.at(owner));
            let part_types = media.encoding.iter().filter_map(|(part, encoding)| {
                let types = encoding.content_type.as_deref()?.split(',');
                Some((part.clone(), types.map(|one| one.trim().to_ascii_lowercase()).collect()))
            });
            Media {
                name: essence(name),
                schema,
                example: example(self.document, owner, &raw),
                raw,
                part_types: part_types.collect(),
                shape: OnceLock::new(),
            }
        };
        content.iter().map(read).collect()
    }

    /// The compiled and the written schema at a pointer into a piece, if there is one.
    fn schema(&mut self, piece: &Located<'a>, pointer: &str, direction: Direction) -> (Option<SchemaId>, Value) {
        match piece.at(pointer) {
            Some(schema) => (Some(self.schemas.add_for(direction, schema, pointer)), schema.clone()),
            None => (None, Value::Bool(true)),
        }
    }

    fn security(
        &mut self,
        own: Option<Vec<openapiv3::SecurityRequirement>>,
        operation: &Located<'a>,
    ) -> Vec<BTreeMap<String, Vec<String>>> {
        if let Some(own) = own {
            return self.requirements(own, &format!("{}/security", operation.pointer));
        }
        if let Some(security) = &self.root_security {
            return security.clone();
        }
        let declared = self.document.at("/security").cloned().unwrap_or_else(|| json!([]));
        let read = self.parse::<Vec<openapiv3::SecurityRequirement>>("/security", declared).unwrap_or_default();
        let security = self.requirements(read, "/security");
        self.root_security = Some(security.clone());
        security
    }

    /// Checks that every scheme is declared.
    fn requirements(
        &mut self,
        read: Vec<openapiv3::SecurityRequirement>,
        pointer: &str,
    ) -> Vec<BTreeMap<String, Vec<String>>> {
        let schemes = self.document.at("/components/securitySchemes").and_then(Value::as_object);
        for (index, requirement) in read.iter().enumerate() {
            for name in requirement.keys().filter(|name| schemes.is_none_or(|schemes| !schemes.contains_key(*name))) {
                let known = schemes.into_iter().flat_map(|schemes| schemes.keys());
                let hint = match nearest(name, known) {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => "declare it under `components.securitySchemes`".to_owned(),
                };
                let message = format!("`{name}` is not a security scheme");
                self.complain(format!("{pointer}/{index}/{}", escape(name)), message, hint);
            }
        }
        read.into_iter().map(|requirement| requirement.into_iter().collect()).collect()
    }

    fn resolve(&mut self, located: Located<'a>) -> Option<Located<'a>> {
        located.resolve(self.document).map_err(|error| self.errors.push(error)).ok()
    }

    /// Reads a piece with the model; what does not fit is said of the piece's place.
    fn parse<T: DeserializeOwned>(&mut self, pointer: &str, skeleton: Value) -> Option<T> {
        let read = serde_json::from_value(skeleton);
        let complain = |error: serde_json::Error| {
            let error =
                LoadError::new(self.document.name.as_str(), pointer, format!("this is not valid OpenAPI: {error}"));
            self.errors.push(error);
        };
        read.map_err(complain).ok()
    }

    fn complain(&mut self, pointer: String, message: String, hint: impl Into<String>) {
        self.errors.push(LoadError::new(self.document.name.as_str(), pointer, message).hint(hint));
    }
}

/// What was read before of the place that a reference leads to.
fn met<'m, T>(known: &'m BTreeMap<String, T>, value: &Value) -> Option<&'m T> {
    known.get(&*referred(value)?)
}

/// A header that another response gives a name of its own.
fn named(header: &ResponseHeader, name: &str) -> ResponseHeader {
    let field = HeaderName::from_bytes(name.as_bytes()).ok();
    let ResponseHeader { required, schema, ref raw, .. } = *header;
    ResponseHeader { name: name.to_owned(), field, required, schema, raw: raw.clone() }
}

fn place_and_style(parameter: &openapiv3::Parameter) -> (Place, Style) {
    match parameter {
        openapiv3::Parameter::Query { style, .. } => {
            let style = match style {
                QueryStyle::Form => Style::Form,
                QueryStyle::SpaceDelimited => Style::SpaceDelimited,
                QueryStyle::PipeDelimited => Style::PipeDelimited,
                QueryStyle::DeepObject => Style::DeepObject,
            };
            (Place::Query, style)
        }
        openapiv3::Parameter::Path { style, .. } => {
            let style = match style {
                PathStyle::Matrix => Style::Matrix,
                PathStyle::Label => Style::Label,
                PathStyle::Simple => Style::Simple,
            };
            (Place::Path, style)
        }
        openapiv3::Parameter::Header { .. } => (Place::Header, Style::Simple),
        openapiv3::Parameter::Cookie { .. } => (Place::Cookie, Style::Form),
    }
}

/// The pointer that [`skeleton`] left in a schema's place.
fn schema_pointer(schema: Option<&ReferenceOr<openapiv3::Schema>>) -> &str {
    match schema {
        Some(ReferenceOr::Reference { reference }) => reference,
        // The skeleton holds no schemas; nothing is found at a pointer without a slash.
        _ => "-",
    }
}

/// The schema's pointer of the only media type of a `content` parameter, and whether it is JSON.
fn first_content(content: &Content) -> (&str, bool) {
    match content.first() {
        Some((name, media)) => (schema_pointer(media.schema.as_ref()), essence(name).ends_with("json")),
        None => ("-", false),
    }
}

/// The example beside a schema, or the schema's own.
fn example(document: &Document, owner: Option<&Value>, schema: &Value) -> Option<Value> {
    let beside = owner.and_then(|owner| {
        let first = || {
            json::get(owner, "examples")?
                .as_object()?
                .values()
                .find_map(|one| json::get(document.resolve(one), "value"))
        };
        json::get(owner, "example").or_else(first)
    });
    let schema = document.resolve(schema);
    let own = || json::get(schema, "example").or_else(|| json::get(schema, "examples")?.as_array()?.first());
    beside.or_else(own).cloned()
}

/// A media type without its parameters, in lower case.
fn essence(name: &str) -> String {
    name.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// A status as replies look it up: a code, a range with capitals, or `default`.
fn status_key(status: &str) -> Option<String> {
    let bytes = status.as_bytes();
    let range = |byte: &u8| byte.eq_ignore_ascii_case(&b'x');
    match bytes {
        b"default" => Some(status.to_owned()),
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => Some(status.to_owned()),
        [b'1'..=b'5', second, third] if range(second) && range(third) => Some(status.to_ascii_uppercase()),
        _ => None,
    }
}

fn is_ignored_header(name: &str) -> bool {
    IGNORED_HEADERS.iter().any(|ignored| ignored.eq_ignore_ascii_case(name))
}

fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n String>) -> Option<&'n String> {
    let scored = known.map(|known| (strsim::jaro_winkler(known, name), known)).filter(|(score, _)| *score > 0.8);
    scored.max_by(|left, right| left.0.total_cmp(&right.0)).map(|(_, known)| known)
}
