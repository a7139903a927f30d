//! What was typed.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::audit::grade::Grade;
use crate::server::{PORT_DEFAULT, SEED_DEFAULT};

#[derive(Debug, Parser)]
#[command(
    name = "standin",
    version,
    about = "Stands in for an HTTP API: a stateful fake from an OpenAPI document.",
    after_help = "SPEC is the name of a shipped service or a file (YAML or JSON, OpenAPI 3.0 or 3.1).\n\
                  Exit codes: 0 done, 1 contract failure, 2 usage or document error, 3 target unreachable, 4 snapshots pending.\n\n\
                  Examples:\n  standin serve                     the shipped service on http://127.0.0.1:4010\n  \
                  standin serve openapi.yaml        your own API\n  standin plan openapi.yaml         what each operation does\n  \
                  standin run scenarios             replay scenarios, check every reply, compare snapshots",
    max_term_width = 120
)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the fake.
    Serve(Box<ServeArguments>),
    /// Show what each operation does.
    Plan(PlanArguments),
    /// Check documents, overlays, scenarios, faults and plans of audits.
    Lint(LintArguments),
    /// Replay scenarios against the fake or a deployment, and check every reply.
    Run(Box<RunArguments>),
    /// Run a client against the fake while things go wrong, and grade it.
    Audit(Box<AuditArguments>),
    /// Accept or reject changed snapshots.
    Review(ReviewArguments),
    /// Tell what a finding's code means.
    Explain(ExplainArguments),
}

#[derive(Debug, Args)]
#[command(
    after_help = "Standard output carries one line, when the fake is ready: standin ready http://HOST:PORT/BASE\n\
                        The log goes to standard error. The first Ctrl-C lets calls under way finish.\n\
                        With --audit it ends with a report: as text on standard output, unless --report sends one there (FORMAT=-);\n\
                        the exit code is 1 below --min-grade, or when nothing could be judged.\n\n\
                        Examples:\n  standin serve openapi.yaml --port 0\n  \
                        standin serve openapi.yaml --overlay behaviour.yaml --clock frozen\n  \
                        standin serve openapi.yaml --clock 2026-03-01T12:00:00Z --state world.json\n  \
                        standin serve openapi.yaml --faults flaky --seed 7\n  \
                        standin serve openapi.yaml --audit --faults flaky --report html=audit.html\n  \
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
    /// Speak HTTPS, with a certificate made at each start.
    #[arg(long)]
    pub tls: bool,
    /// Where the certificate that clients are to trust is written.
    #[arg(long, value_name = "FILE", default_value = ".standin/certificate.pem", requires = "tls")]
    pub tls_certificate: PathBuf,
    /// Also send webhooks to this host, not only to this machine. Repeatable.
    #[arg(long, value_name = "HOST", value_parser = host)]
    pub allow_webhooks_to: Vec<String>,
    /// Faults that every world begins with, from a file or a profile: brownout, chaos, flaky, lossy, outage, rate-limited, slow. Repeatable.
    #[arg(long, value_name = "FILE|PROFILE")]
    pub faults: Vec<String>,
    /// Watch the clients, and grade their retries at the end: on standard output, after Ctrl-C.
    #[arg(long)]
    pub audit: bool,
    #[command(flatten)]
    pub wanted: VerdictArguments,
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
    after_help = "Examples:\n  standin lint openapi.yaml\n  standin lint behaviour.overlay.yaml --for openapi.yaml\n  \
                  standin lint faults.yaml --for openapi.yaml\n  standin lint plan.yaml --for openapi.yaml\n  \
                  standin lint scenarios/*.yaml"
)]
pub struct LintArguments {
    /// OpenAPI documents, scenarios, folders of scenarios, overlays (with --for), files of faults, and plans of audits.
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<String>,
    /// The document that overlays, faults and plans are for: a shipped service's name or a file. Overlays are applied in order.
    #[arg(long = "for", value_name = "SPEC")]
    pub target: Option<String>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Each workflow runs in a fresh world; workflows that depend on one another share one. Waiting takes no time on a fake.\n\
                  Values for inputs also come from the environment: STANDIN_VAR_NAME.\n\
                  FORMAT is text, junit, json, html, markdown, sarif or github; FILE is a path, or - for standard output.\n\
                  Exit codes: 0 passed, 1 contract failure, 2 usage or document error, 3 target unreachable,\n\
                  4 snapshots pending, 130 interrupted (the first Ctrl-C lets workflows under way finish).\n\n\
                  Examples:\n  standin run scenarios\n  standin run scenarios --against https://api.example.com/v1 --var apiKey=\"$KEY\"\n  \
                  standin run scenarios --update\n  standin run scenarios --report junit=report.xml --report html=report.html\n  \
                  standin run scenarios --shard 2/4 --min-coverage operation=100,status=80"
)]
pub struct RunArguments {
    /// Scenario files, or folders of *.arazzo.yaml, *.arazzo.yml and *.arazzo.json.
    #[arg(value_name = "PATH", default_value = "scenarios")]
    pub paths: Vec<String>,
    /// fake: one inside this process; a URL: that deployment, or a running standin. NAME=URL is for the source of that name.
    #[arg(long, value_name = "fake|URL|NAME=URL", default_value = "fake")]
    pub against: Vec<String>,
    /// A value for the workflows' input of that name. Repeatable.
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    pub variables: Vec<(String, String)>,
    /// Only workflows whose file or id contains this; an id alone also runs one that is otherwise only called. Repeatable.
    #[arg(long, value_name = "TEXT")]
    pub filter: Vec<String>,
    /// Only workflows that did not pass in the last run here.
    #[arg(long)]
    pub last_failed: bool,
    /// Only this part of the workflows: the first of four is 1/4.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<(usize, usize)>,
    /// Start nothing more after the first failure.
    #[arg(long)]
    pub fail_fast: bool,
    /// How many run at once; as many as there are processors when left out.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Approve every snapshot as it comes out, and delete those that nothing refers to.
    #[arg(long, conflicts_with_all = ["no_snapshots", "ci"])]
    pub update: bool,
    /// Take no snapshots.
    #[arg(long)]
    pub no_snapshots: bool,
    /// Folder of the snapshots; when left out, `snapshots` beside the folder `scenarios` that the file is in, or beside the file.
    #[arg(long, value_name = "DIR")]
    pub snapshots: Option<PathBuf>,
    /// Never write a snapshot, not even a pending one. So it is, too, when CI is set in the environment.
    #[arg(long)]
    pub ci: bool,
    /// Also write a report. Repeatable.
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<String>,
    /// Least coverage in percent: of operations, or by dimension: operation=100,status=80.
    #[arg(long, value_name = "BOUNDS")]
    pub min_coverage: Option<String>,
    /// Undeclared properties in replies are failures.
    #[arg(long)]
    pub closed_objects: bool,
    /// Warnings are failures.
    #[arg(long)]
    pub strict: bool,
    /// Longest time that a call may take, in seconds, where its step says nothing.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub timeout: u32,
    /// Bearer token for the control API of a running standin.
    #[arg(long, value_name = "T")]
    pub control_token: Option<String>,
    /// Where ids, secrets and sample data of the fake start.
    #[arg(long, value_name = "N", default_value_t = SEED_DEFAULT, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// Show no progress, and only failures and the summary.
    #[arg(long)]
    pub quiet: bool,
}

#[derive(Debug, Args)]
#[command(
    after_help = "COMMAND is run once without faults, and then under the faults of each trial of the plan, each time in a fresh world.\n\
                  It finds its world in its environment:\n\
                  \u{20} STANDIN_BASE_URL     where the API is: http://127.0.0.1:PORT/~WORLD/BASE\n\
                  \u{20} STANDIN_ORIGIN       the same without the API's base path\n\
                  \u{20} STANDIN_TOKEN        a credential, without its scheme\n\
                  \u{20} STANDIN_CREDENTIAL   the same as it stands in its header: Bearer TOKEN\n\
                  \u{20} STANDIN_WORLD, STANDIN_TRIAL, STANDIN_CONTROL_URL\n\
                  --env gives them other names: --env API_URL={base_url} --env API_KEY={token}\n\
                  FORMAT is text, junit, json or html; FILE is a path, or - for standard output.\n\
                  Exit codes: 0 done, 1 below --min-grade, out of time, or the client could not be judged (it failed without any\n\
                  fault, never called, or did nothing that a rule is about), 2 usage or document error, 130 interrupted (what is known is told).\n\n\
                  Examples:\n  standin audit openapi.yaml -- npm test\n  \
                  standin audit openapi.yaml --env API_URL={base_url} --env API_KEY={token} -- pytest tests/client\n  \
                  standin audit openapi.yaml --min-grade B --report junit=audit.xml --report html=audit.html -- ./client.sh\n  \
                  standin audit openapi.yaml --trial done-close --trial herd -- python client.py"
)]
pub struct AuditArguments {
    #[command(flatten)]
    pub contract: ContractArguments,
    /// Trials and their faults (YAML or JSON); a plan that fits any API ships.
    #[arg(long, value_name = "FILE")]
    pub plan: Option<String>,
    /// Only this trial of the plan. Repeatable.
    #[arg(long = "trial", value_name = "NAME")]
    pub trials: Vec<String>,
    /// Also set this variable for the command. Repeatable.
    #[arg(long = "env", value_name = "NAME=TEMPLATE")]
    pub variables: Vec<String>,
    #[command(flatten)]
    pub wanted: VerdictArguments,
    /// Longest time of the whole audit, in seconds; what is known by then is told.
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: u32,
    /// Longest time of one run, in seconds, where its trial says nothing.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub run_timeout: u32,
    /// How many runs at once.
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// Where ids, sample data and chance start: the same seed gives the same faults.
    #[arg(long, value_name = "N", default_value_t = SEED_DEFAULT, value_parser = seed, allow_hyphen_values = true)]
    pub seed: u64,
    /// Show no progress.
    #[arg(long)]
    pub quiet: bool,
    /// The client: a program and its arguments.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

/// What is asked of an audit.
#[derive(Debug, Args)]
pub struct VerdictArguments {
    /// Also write a report. Repeatable.
    #[arg(long = "report", value_name = "FORMAT=FILE")]
    pub reports: Vec<String>,
    /// Least grade that is good enough; below it the exit code is 1.
    #[arg(long, value_name = "A..F")]
    pub min_grade: Option<Grade>,
}

#[derive(Debug, Args)]
#[command(
    after_help = "On a terminal each is shown in turn: a accepts, r rejects, s skips, A accepts all that are left, q ends.\n\
                  cargo insta review works on the same files.\n\
                  Exit codes: 0 nothing is pending any more, 2 usage error, 4 some are still pending.\n\n\
                  Examples:\n  standin review\n  standin review --accept snapshots/parcels\n  standin review --json"
)]
pub struct ReviewArguments {
    /// Folders or files to review.
    #[arg(value_name = "PATH", default_value = "snapshots")]
    pub paths: Vec<String>,
    /// Accept all.
    #[arg(long, conflicts_with_all = ["reject", "json"])]
    pub accept: bool,
    /// Reject all.
    #[arg(long, conflicts_with = "json")]
    pub reject: bool,
    /// List them as JSON, with their diffs.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  standin explain\n  standin explain status-undeclared")]
pub struct ExplainArguments {
    /// A finding's code; all are listed when left out.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
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

fn variable(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is NAME=VALUE: apiKey=abc".to_owned()),
    }
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    const SHARDS_MAX: usize = 10_000;
    let numbers = text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
    numbers
        .filter(|(index, of)| (1..=*of).contains(index) && *of <= SHARDS_MAX)
        .ok_or_else(|| "a shard is I/N, with I from 1 to N: 2/4".to_owned())
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
