//! `standin serve --audit`: clients that others run, judged by what was watched.

use std::sync::Arc;

use serde_json::Value;

use super::conclude::{self, Wanted};
use crate::audit::knowledge::Knowledge;
use crate::audit::observe::Run;
use crate::audit::report::{self, Format};
use crate::audit::verdict::{Audit, Done, Ended, Output, Trial, TrialState, Unjudged};
use crate::cli::failure::Failure;
use crate::contract::Contract;
use crate::server::Judge;

/// Judges sessions for the control API.
pub fn judge(contract: Arc<Contract>, seed: u64) -> Judge {
    Judge::new(move |sessions| {
        let text = report::render(Format::Json, &audit(&contract, seed, sessions));
        // Our own JSON can be read; should it ever not, it is better shown than lost.
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    })
}

/// Tells of the session, and gives the exit code.
pub fn conclude(contract: &Contract, seed: u64, sessions: Vec<Run>, wanted: &Wanted) -> Result<u8, Failure> {
    let audit = audit(contract, seed, sessions);
    conclude::write(&audit, wanted)?;
    Ok(conclude::exit_code(&audit, wanted.min_grade))
}

fn audit(contract: &Contract, seed: u64, sessions: Vec<Run>) -> Audit {
    let nothing = sessions.iter().all(|session| session.exchanges.is_empty() && session.deliveries.is_empty());
    let trial = sessions.first().map(|session| Trial {
        name: session.trial.clone(),
        title: "what clients did while they were watched".to_owned(),
        state: TrialState::Ran((0..sessions.len()).collect()),
    });
    let done = Done {
        command: Vec::new(),
        // Nobody was given any by us, and what they write is not seen.
        credential: None,
        seed,
        trials: trial.into_iter().collect(),
        outputs: vec![Output::default(); sessions.len()],
        runs: sessions,
        ended: if nothing { Ended::Unjudged(Unjudged::NothingSeen) } else { Ended::Finished },
    };
    Audit::judge(&Knowledge::of(contract), done)
}
