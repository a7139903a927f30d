//! Everything as JSON, for programs. `spec/audit-report.schema.json` describes it.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use super::model::Report;

pub fn render(report: &Report) -> String {
    let written = serde_json::to_value(report).expect("plain structs with text for keys are always JSON");
    format!("{written:#}\n")
}

/// The JSON Schema of a report.
pub fn schema() -> Value {
    // As it is written, not as it would be read: what may be left out is not required.
    let generator: SchemaGenerator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<Report>().to_value()
}
