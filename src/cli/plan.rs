//! `standin plan`: what each operation does.

use std::io::Write;

use serde_json::{Value, json};

use super::arguments::{PlanArguments, PlanForm};
use super::failure::Failure;
use super::load;
use crate::contract::Contract;

pub fn run(arguments: &PlanArguments) -> Result<(), Failure> {
    let contract = load::contract(&arguments.contract)?;
    let text = match arguments.format {
        PlanForm::Text => table(&contract),
        PlanForm::Json => format!("{:#}\n", tree(&contract)),
        PlanForm::Yaml => serde_saphyr::to_string(&tree(&contract))
            .map_err(|error| Failure::usage(format!("a bug in standin: no YAML: {error}")))?,
    };
    // A reader that has seen enough closes the pipe; that is no failure.
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
    Ok(())
}

fn table(contract: &Contract) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["operation", "method", "path", "stability", "summary"]);
    for operation in &contract.operations.list {
        let path = format!("{}{}", contract.operations.base, operation.template);
        let cells = [&operation.id, operation.method.as_str(), &path, &operation.stability, &operation.summary];
        table.add_row(cells);
    }
    format!("{}\n\n{}\n", contract.title(), table.trim_fmt())
}

fn tree(contract: &Contract) -> Value {
    let operations = contract.operations.list.iter().map(|operation| {
        json!({
            "operationId": operation.id,
            "method": operation.method.as_str(),
            "path": format!("{}{}", contract.operations.base, operation.template),
            "stability": operation.stability,
            "summary": operation.summary,
        })
    });
    json!({ "title": contract.title(), "base": contract.operations.base, "operations": operations.collect::<Vec<_>>() })
}
