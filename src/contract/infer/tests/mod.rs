use serde_json::Value;

use super::{Inferred, infer};
use crate::contract::document::{Document, Version};
use crate::contract::operation::Operations;

mod flow_like;

pub fn inferred(yaml: &str) -> Inferred {
    let root: Value = serde_saphyr::from_str(yaml).expect("the test's document is YAML");
    let document = Document { name: "test.yaml".to_owned(), version: Version::V3_1, root };
    let operations = Operations::read(&document, &[]).expect("the test's document is OpenAPI");
    infer(&document, &operations)
}
