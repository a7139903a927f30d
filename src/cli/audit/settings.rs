//! What was typed, and what it means.

use std::ffi::OsString;
use std::sync::Arc;
use std::time::Duration;

use super::conclude::Wanted;
use super::environment::Template;
use super::trials;
use crate::audit::plan::Plan;
use crate::cli::arguments::AuditArguments;
use crate::cli::failure::Failure;
use crate::cli::load;
use crate::cli::services::{self, Files};
use crate::contract::Contract;
use crate::contract::error::LoadError;
use crate::server;
use crate::words::did_you_mean;

#[derive(Debug)]
pub struct Settings {
    pub contract: Arc<Contract>,
    pub plan: Plan,
    /// The names of trials whose faults this contract cannot have, and why.
    pub unfit: Vec<(String, String)>,
    /// The client's program and its arguments.
    pub command: Vec<OsString>,
    /// Variables that are set beside our own.
    pub variables: Vec<(String, Template)>,
    pub wanted: Wanted,
    /// Longest time of the whole audit.
    pub timeout: Duration,
    /// Longest time of a run whose trial says nothing.
    pub run_timeout: Duration,
    /// How many runs at once.
    pub jobs: usize,
    pub seed: u64,
    pub quiet: bool,
}

pub fn read(arguments: &AuditArguments) -> Result<Settings, Failure> {
    let variables = arguments.variables.iter().map(|text| variable(text)).collect::<Result<_, _>>()?;
    let wanted = Wanted::read(&arguments.wanted)?;
    let contract = load::contract(&arguments.contract)?;
    let (plan, unfit) = planned(arguments.plan.as_deref(), &contract)?;
    let plan = chosen(plan, &arguments.trials)?;
    Ok(Settings {
        contract: Arc::new(contract),
        plan,
        unfit,
        command: arguments.command.clone(),
        variables,
        wanted,
        timeout: Duration::from_secs(arguments.timeout.into()),
        run_timeout: Duration::from_secs(arguments.run_timeout.into()),
        jobs: arguments.jobs.into(),
        seed: arguments.seed,
        quiet: arguments.quiet,
    })
}

impl Settings {
    /// How the fake is served.
    pub fn server(&self) -> server::Settings {
        server::Settings { port: 0, seed: self.seed, watch: true, ..server::Settings::default() }
    }
}

fn variable(text: &str) -> Result<(String, Template), Failure> {
    let wrong = |message: String| Failure::usage(format!("--env {text}: {message}"));
    let Some((name, template)) = text.split_once('=').filter(|(name, _)| !name.is_empty()) else {
        return Err(wrong("say NAME=TEMPLATE, as in API_URL={base_url}".to_owned()));
    };
    Ok((name.to_owned(), Template::read(template).map_err(wrong)?))
}

/// The plan, and what this contract has no place for. That is left out of the plan that ships, and an error in a file that somebody named.
fn planned(named: Option<&str>, contract: &Contract) -> Result<(Plan, Vec<(String, String)>), Failure> {
    let file = named.map_or_else(services::default_plan, str::to_owned);
    let mut plan = trials::read(&file).map_err(complain)?;
    let unfit = trials::fit(&file, &mut plan, contract);
    if named.is_some() && !unfit.is_empty() {
        return Err(complain(unfit.into_iter().map(|(_, error)| error).collect()));
    }
    Ok((plan, unfit.into_iter().map(|(name, error)| (name, error.message)).collect()))
}

fn complain(errors: Vec<LoadError>) -> Failure {
    Failure::Documents { errors, files: Files }
}

/// Only the trials of these names, where any are named.
fn chosen(mut plan: Plan, names: &[String]) -> Result<Plan, Failure> {
    let known: Vec<&str> = plan.trials.iter().map(|trial| trial.name.as_str()).collect();
    if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let hint = match did_you_mean(unknown, known.iter().copied()) {
            Some(nearest) => format!("did you mean {nearest:?}?"),
            None => format!("its trials are: {}", known.join(", ")),
        };
        return Err(Failure::usage(format!("--trial {unknown}: the plan has no such trial; {hint}")));
    }
    plan.trials.retain(|trial| names.is_empty() || names.contains(&trial.name));
    Ok(plan)
}
