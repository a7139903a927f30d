//! Reads every file that a run can reach, and finds what each source description leads to: by identity first, then by location.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::node::{Complaints, Document, Node, nearest};
use super::source::{SourceKind, SourceSlot};
use super::{DESCRIPTIONS_MAX, Sources, source, uri};
use crate::contract::document::text;
use crate::contract::error::LoadError;
use crate::contract::{Contract, Selection};
use crate::scenario::model::{Api, SourceTarget, Version};

/// Everything that was read, before any of it is understood.
#[derive(Debug, Default)]
pub struct Gathered {
    pub descriptions: Vec<Tree>,
    pub apis: Vec<ApiSlot>,
    pub asked: usize,
}

/// A description's text as a tree.
#[derive(Debug)]
pub struct Tree {
    pub file: Arc<str>,
    pub root: Value,
    pub version: Version,
    /// `$self` as written.
    pub self_uri: Option<String>,
    pub sources: Vec<SourceSlot>,
}

#[derive(Debug)]
pub struct ApiSlot {
    pub file: String,
    pub name: String,
    /// `None` where it did not load.
    pub contract: Option<Arc<Contract>>,
}

impl ApiSlot {
    pub fn into_api(self) -> Option<Api> {
        let contract = self.contract?;
        let control = *contract.operations.base == *"/_standin";
        Some(Api { file: self.file, name: self.name, contract, control })
    }
}

/// Reads the files asked for, and from there whatever is referred to. Where a description refers to itself by several names, or two
/// refer to one another, each file is read once.
pub fn gather(sources: &Sources<'_>, files: &[String], complaints: &Complaints) -> Gathered {
    let mut gatherer = Gatherer {
        sources,
        complaints,
        gathered: Gathered::default(),
        identities: BTreeMap::new(),
        refused: BTreeSet::new(),
        contracts: BTreeMap::new(),
    };
    for file in files {
        gatherer.ask(&uri::clean(file));
    }
    gatherer.gathered.asked = gatherer.gathered.descriptions.len();
    gatherer.settle_sources();
    gatherer.gathered
}

struct Gatherer<'a> {
    sources: &'a Sources<'a>,
    complaints: &'a Complaints,
    gathered: Gathered,
    /// Descriptions by file name and by `$self`, resolved.
    identities: BTreeMap<String, usize>,
    /// Files of which a complaint was made.
    refused: BTreeSet<String>,
    /// APIs by file and overlays.
    contracts: BTreeMap<(String, Vec<String>), usize>,
}

/// How far one may go to find what a source description means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effort {
    /// A description read has that identity, or the reference resolves to a file.
    Direct,
    /// The document has a `$self` elsewhere; the file beside it stands in for what the reference names.
    Beside,
    /// Nothing is left to try: complain.
    Last,
}

impl Gatherer<'_> {
    fn ask(&mut self, file: &str) {
        if self.identities.contains_key(file) {
            return;
        }
        if let Some(tree) = self.sources.files.tree(file) {
            self.add(file, || tree);
            return;
        }
        match self.sources.files.read(file) {
            Ok(text) => drop(self.add(file, || text::parse(file, &text))),
            Err(error) => self.complaints.add(LoadError::new(file, "", format!("cannot read the file: {error}"))),
        }
    }

    /// Takes in a description; `None` after a complaint.
    fn add(&mut self, file: &str, read: impl FnOnce() -> Result<Value, LoadError>) -> Option<usize> {
        if self.gathered.descriptions.len() >= DESCRIPTIONS_MAX {
            self.complaints.add(LoadError::new(
                file,
                "",
                format!("more than {DESCRIPTIONS_MAX} descriptions are reached"),
            ));
            return None;
        }
        let file: Arc<str> = file.into();
        let tree = read().and_then(|root| Ok((version(&file, &root)?, root)));
        let (version, root) = match tree {
            Ok(tree) => tree,
            Err(error) => {
                self.refused.insert(file.to_string());
                self.complaints.add(error);
                return None;
            }
        };
        let index = self.gathered.descriptions.len();
        let document = Document { file: &file, root: &root, version, complaints: self.complaints };
        let self_uri = self_uri(&document.node());
        let sources = source::read_all(&document.node());
        self.identities.insert(file.to_string(), index);
        if let Some(self_uri) = &self_uri {
            let identity = uri::resolve(&file, self_uri);
            if let Some(other) = self.identities.get(&identity).filter(|other| **other != index) {
                let other = &self.gathered.descriptions[*other].file;
                let message = format!("`{identity}` is already the identity of `{other}`");
                self.complaints
                    .add(LoadError::new(&*file, "/$self", message).hint("give each description a `$self` of its own"));
            }
            self.identities.entry(identity).or_insert(index);
        }
        self.gathered.descriptions.push(Tree { file, root, version, self_uri, sources });
        Some(index)
    }

    /// Resolves sources until none is left. A reference is only unresolvable once every document has been read (Arazzo 1.1, "Parsing
    /// Documents"), so what needs more effort waits for the others.
    fn settle_sources(&mut self) {
        let mut effort = Effort::Direct;
        loop {
            let read = self.gathered.descriptions.len();
            let settled = self.settle_pass(effort);
            effort = match effort {
                _ if settled || self.gathered.descriptions.len() > read => Effort::Direct,
                Effort::Direct => Effort::Beside,
                Effort::Beside => Effort::Last,
                Effort::Last => return,
            };
        }
    }

    /// Tries each open source once; says whether one was found that may bring others.
    fn settle_pass(&mut self, effort: Effort) -> bool {
        let mut found = false;
        let mut description = 0;
        while description < self.gathered.descriptions.len() {
            for source in 0..self.gathered.descriptions[description].sources.len() {
                if !self.gathered.descriptions[description].sources[source].pending {
                    continue;
                }
                let Some(target) = self.find(description, source, effort) else { continue };
                let slot = &mut self.gathered.descriptions[description].sources[source];
                slot.target = target;
                slot.pending = false;
                found = true;
            }
            description += 1;
        }
        found && effort != Effort::Last
    }

    /// What a source leads to: nothing yet, or a target, or (`Some(None)`) a complaint.
    fn find(&mut self, description: usize, source: usize, effort: Effort) -> Option<Option<SourceTarget>> {
        let tree = &self.gathered.descriptions[description];
        let slot = &tree.sources[source];
        let base = tree.self_uri.as_deref().map_or_else(|| tree.file.to_string(), |own| uri::resolve(&tree.file, own));
        let resolved = uri::resolve(&base, &slot.url);
        if let Some(known) = self.identities.get(&resolved) {
            return Some(self.described(*known, slot));
        }
        let location = match effort {
            Effort::Direct => uri::file_of(&resolved),
            Effort::Beside if uri::scheme(&slot.url).is_none() => Some(uri::resolve_file(&tree.file, &slot.url)),
            Effort::Beside => None,
            Effort::Last => {
                self.refuse_remote(slot, &resolved);
                return Some(None);
            }
        };
        location.map(|file| self.open(description, source, &file))
    }

    /// A source that is a description read before.
    fn described(&self, index: usize, slot: &SourceSlot) -> Option<SourceTarget> {
        if slot.kind == Some(SourceKind::Openapi) {
            self.refuse_kind(slot, "is an Arazzo description, not an OpenAPI document", "write `type: arazzo`");
            return None;
        }
        Some(SourceTarget::Description(index))
    }

    /// Opens a source's file: a description is taken in, an OpenAPI document compiled.
    fn open(&mut self, description: usize, source: usize, file: &str) -> Option<SourceTarget> {
        let slot = &self.gathered.descriptions[description].sources[source];
        if self.refused.contains(file) {
            return None;
        }
        if let Some(known) = self.identities.get(file) {
            return self.described(*known, slot);
        }
        let text = match self.sources.files.read(file) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("cannot read `{file}`: {error}");
                let hint = "a `url` is resolved against `$self`, else against the file that it stands in";
                self.complaints.add(LoadError::new(&*slot.site.file, slot.url_pointer(), message).hint(hint));
                return None;
            }
        };
        let arazzo = super::is_description(&text);
        match slot.kind.unwrap_or(if arazzo { SourceKind::Arazzo } else { SourceKind::Openapi }) {
            SourceKind::Openapi if arazzo => {
                self.refuse_kind(slot, "is an Arazzo description, not an OpenAPI document", "write `type: arazzo`");
                None
            }
            SourceKind::Openapi => self.compile(description, source, file, &text).map(SourceTarget::Api),
            SourceKind::Arazzo if !arazzo && text::has_word(&text, "openapi") => {
                self.refuse_kind(slot, "is an OpenAPI document, not an Arazzo description", "write `type: openapi`");
                None
            }
            SourceKind::Arazzo => self.add(file, || text::parse(file, &text)).map(SourceTarget::Description),
        }
    }

    /// Compiles a document with its overlays, once.
    fn compile(&mut self, description: usize, source: usize, file: &str, text: &str) -> Option<usize> {
        let tree = &self.gathered.descriptions[description];
        let slot = &tree.sources[source];
        if text::has_word(text, "asyncapi") {
            self.refuse_kind(
                slot,
                "is an AsyncAPI document; AsyncAPI is not supported",
                "only OpenAPI and Arazzo sources are",
            );
            return None;
        }
        let mut overlays = (self.sources.overlays)(file);
        for (index, overlay) in &slot.overlays {
            let overlay = uri::resolve_file(&tree.file, overlay);
            if let Err(error) = self.sources.files.read(&overlay) {
                let pointer = format!("{}/x-standin-overlays/{index}", slot.site.pointer);
                let message = format!("cannot read `{overlay}`: {error}");
                self.complaints
                    .add(LoadError::new(&*tree.file, pointer, message).hint("its path is relative to this file"));
                return None;
            }
            // A description may name those of a shipped service, so that it stands on its own: they are applied once.
            if !overlays.contains(&overlay) {
                overlays.push(overlay);
            }
        }
        let key = (file.to_owned(), overlays);
        if let Some(known) = self.contracts.get(&key) {
            return Some(*known);
        }
        let selection = Selection { overlays: key.1.clone(), include: Vec::new() };
        let loaded = Contract::load(self.sources.files, file, &selection);
        let contract = loaded.map_err(|errors| self.complaints.extend(errors)).ok().map(Arc::new);
        let index = self.gathered.apis.len();
        self.gathered.apis.push(ApiSlot { file: file.to_owned(), name: slot.name.clone(), contract });
        self.contracts.insert(key, index);
        Some(index)
    }

    fn refuse_kind(&self, slot: &SourceSlot, message: &str, hint: &str) {
        let error = LoadError::new(&*slot.site.file, slot.url_pointer(), format!("`{}` {message}", slot.url));
        self.complaints.add(error.hint(hint));
    }

    fn refuse_remote(&self, slot: &SourceSlot, resolved: &str) {
        let message = format!("`{resolved}` is not read: documents are read without a network");
        let hint =
            "download it and name it by a relative path, or give the description that has it as its `$self` as well";
        self.complaints.add(LoadError::new(&*slot.site.file, slot.url_pointer(), message).hint(hint));
    }
}

/// Is this an Arazzo description of a version that we understand?
fn version(file: &str, root: &Value) -> Result<Version, LoadError> {
    let fail = |pointer: &str, message: &str, hint: &str| Err(LoadError::new(file, pointer, message).hint(hint));
    let start = "an Arazzo description starts with `arazzo: 1.1.0`, `info` and `sourceDescriptions`";
    let Value::Object(fields) = root else {
        let message = if root.is_null() { "the file is empty" } else { "the file does not hold an object" };
        return fail("", message, start);
    };
    let Some(version) = fields.get("arazzo") else {
        if fields.contains_key("openapi") {
            let hint = "name it as a source in an Arazzo description, or serve it with `standin serve FILE`";
            return fail("/openapi", "this is an OpenAPI document, not an Arazzo description", hint);
        }
        if let Some(near) = nearest("arazzo", &fields.keys().map(String::as_str).collect::<Vec<_>>())
            && near.starts_with("did you mean")
        {
            return fail(
                "",
                "the file has no `arazzo` version",
                "a top-level word is misspelled: write `arazzo: 1.1.0`",
            );
        }
        return fail("", "the file has no `arazzo` version", start);
    };
    let Some(text) = version.as_str() else {
        return fail("/arazzo", "the `arazzo` version must be text", "write all three numbers: `arazzo: 1.1.0`");
    };
    match parse_version(text) {
        Some(version) => Ok(version),
        None => fail(
            "/arazzo",
            &format!("Arazzo version `{text}` is not supported"),
            "1.0.x and 1.1.x are: write `arazzo: 1.1.0`",
        ),
    }
}

/// `^1\.[01]\.\d+(-.+)?$`, as the schemas of the specification have it.
fn parse_version(text: &str) -> Option<Version> {
    let (version, patch) = match text.strip_prefix("1.0.") {
        Some(patch) => (Version::V1_0, patch),
        None => (Version::V1_1, text.strip_prefix("1.1.")?),
    };
    let (number, label) = patch.split_once('-').map_or((patch, None), |(number, label)| (number, Some(label)));
    let numeric = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (numeric && label != Some("")).then_some(version)
}

fn self_uri(root: &Node<'_>) -> Option<String> {
    if root.version() < Version::V1_1 {
        return None;
    }
    let node = root.get("$self")?;
    let text = node.value.as_str().filter(|text| !text.is_empty())?;
    if text.contains('#') {
        node.refuse(
            "`$self` has a fragment",
            "leave out `#` and what follows: it names the document, not a part of it",
        );
        return None;
    }
    if let Some(fault) = uri::fault(text) {
        node.refuse(format!("`{text}` is not a URI reference"), fault);
        return None;
    }
    Some(text.to_owned())
}
