//! What was typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::server::{PORT_DEFAULT, SEED_DEFAULT};

#[derive(Debug, Parser)]
#[command(
    name = "standin",
    version,
    about = "Stands in for an HTTP API: a stateful fake from an OpenAPI document.",
    after_help = "SPEC is the name of a shipped service or a file (YAML or JSON, OpenAPI 3.0 or 3.1).\n\
                  Exit codes: 0 done, 2 usage or document error.\n\n\
                  Examples:\n  standin serve                     the shipped service on http://127.0.0.1:4010\n  \
                  standin serve openapi.yaml        your own API\n  standin plan openapi.yaml         what each operation does",
    max_term_width = 120
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the fake.
    Serve(ServeArguments),
    /// Show what each operation does.
    Plan(PlanArguments),
    /// Check documents and overlays.
    Lint(LintArguments),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Standard output carries one line, when the fake is ready: standin ready http://HOST:PORT/BASE\n\
                        The log goes to standard error. The first Ctrl-C lets calls under way finish.\n\n\
                        Examples:\n  standin serve openapi.yaml --port 0\n  \
                        standin serve openapi.yaml --overlay behaviour.yaml --clock frozen\n  \
                        standin serve openapi.yaml --clock 2026-03-01T12:00:00Z --state world.json\n  \
                        standin serve openapi.yaml --host 0.0.0.0 --control-token \"$TOKEN\""
)]
pub struct ServeArguments {
    #[command(flatten)]
    pub contract: ContractArguments,
    /// Port to listen on; 0 picks a free one.
    #[arg(long, default_value_t = PORT_DEFAULT)]
    pub port: u16,
    /// Host name or address to listen on; off loopback --control-token is required.
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// Where ids, secrets and sample data start: the same seed gives the same ones.
    #[arg(long, value_name = "N", default_value_t = SEED_DEFAULT, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// wall: follows real time; frozen: stands at 2026-01-01T00:00:00Z; an RFC 3339 instant: stands there.
    #[arg(long, value_name = "wall|frozen|RFC3339", default_value = "wall")]
    pub clock: String,
    /// Load the default world from this file if it exists, and save it there at the end.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Demand this bearer token for the control API.
    #[arg(long, value_name = "T")]
    pub control_token: Option<String>,
    /// Also send webhooks to this host, not only to this machine. Repeatable.
    #[arg(long, value_name = "HOST", value_parser = host)]
    pub allow_webhooks_to: Vec<String>,
    /// Form of the log: a line of text or a JSON object for each call.
    #[arg(long, value_enum, default_value_t = LogArgument::Text)]
    pub log: LogArgument,
    /// Log nothing, and leave out the greeting.
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  standin plan openapi.yaml\n  \
                        standin plan openapi.yaml --overlay behaviour.yaml --format json")]
pub struct PlanArguments {
    #[command(flatten)]
    pub contract: ContractArguments,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t = PlanForm::Text)]
    pub format: PlanForm,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  standin lint openapi.yaml\n  standin lint behaviour.overlay.yaml --for openapi.yaml"
)]
pub struct LintArguments {
    /// OpenAPI documents, and overlays (with --for).
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// The document that the overlays are for: a shipped service's name or a file. They are applied in order.
    #[arg(long = "for", value_name = "SPEC")]
    pub target: Option<String>,
}

#[derive(Debug, Args)]
pub struct ContractArguments {
    /// A shipped service's name or a file; may be left out when only one service is shipped.
    #[arg(value_name = "SPEC")]
    pub spec: Option<String>,
    /// Overlay to apply, after those of a shipped service. Repeatable; applied in order.
    #[arg(long, value_name = "FILE")]
    pub overlay: Vec<String>,
    /// Also serve operations of this stability class (x-stability). Repeatable.
    #[arg(long, value_name = "CLASS")]
    pub include: Vec<String>,
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("a seed is a whole number from 0 to {}", u64::MAX))
}

/// Rather a complaint at the start than a delivery that is refused without anyone knowing why.
fn host(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse::<std::net::Ipv6Addr>().is_ok();
    let name = !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || "-_.".contains(letter));
    if address || name {
        return Ok(text.to_owned());
    }
    Err("a host is a name or an address, without scheme, port and path: hooks.example.com".to_owned())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogArgument {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanForm {
    Text,
    Yaml,
    Json,
}

impl From<PlanForm> for crate::contract::plan_text::PlanForm {
    fn from(form: PlanForm) -> Self {
        match form {
            PlanForm::Text => Self::Text,
            PlanForm::Yaml => Self::Yaml,
            PlanForm::Json => Self::Json,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_declaration_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_examples() {
        for command in Arguments::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("standin {}", command.get_name())), "{}", command.get_name());
        }
    }
}
