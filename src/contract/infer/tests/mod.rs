use super::{Inferred, infer};
use crate::contract::document::{Document, Source};
use crate::contract::operation::Operations;

mod flow_like;

struct Text<'a>(&'a str);

impl Source for Text<'_> {
    fn read(&self, _: &str) -> Result<String, String> {
        Ok(self.0.to_owned())
    }
}

pub fn read(yaml: &str) -> (Document, Operations) {
    let document = Document::load(&Text(yaml), "test.yaml", &[]).expect("the test's document can be read");
    let operations = Operations::read(&document, &[]).expect("the test's document is OpenAPI");
    (document, operations)
}

pub fn inferred(yaml: &str) -> Inferred {
    let (document, operations) = read(yaml);
    infer(&document, &operations)
}
