//! Audits of the client: a plan with the trials that a rule needs, a policy, and what `standin audit` makes of them.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use serde_json::Value;

use crate::client::policy::Policy;
use crate::client::{ENTRY, POLICY};
use crate::program::{BINARY, Folder};

/// The service that the client is written for.
pub const SERVICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/parcels.yaml");

/// Where waits are measured, other audits would be in the way: those have the machine to themselves.
static MACHINE: RwLock<()> = RwLock::new(());

/// How many trials run at once where they may share the machine, and where waits are measured.
const JOBS: usize = 4;
const JOBS_ALONE: usize = 1;
/// How often an audit is made that other work on the machine leaves undecided.
const ATTEMPTS: usize = 3;

/// What became of each rule: `passed`, `failed` or `undecided`, and why.
pub struct Judged(BTreeMap<String, (String, String)>);

/// This executable, told to be the client.
pub fn client(policy: &Policy) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this executable"));
    command.args(ENTRY).env(POLICY, serde_json::to_string(policy).expect("a policy is JSON"));
    command
}

/// While this is held no waits are measured.
pub fn shared() -> RwLockReadGuard<'static, ()> {
    MACHINE.read().unwrap_or_else(PoisonError::into_inner)
}

/// Audits the client under a plan's trials, as YAML.
#[track_caller]
pub fn audit(trials: &str, policy: &Policy) -> Judged {
    let _shared = shared();
    audit_with(trials, policy, JOBS)
}

#[track_caller]
fn audit_with(trials: &str, policy: &Policy, jobs: usize) -> Judged {
    let folder = Folder::new();
    folder.write("plan.yaml", &format!("trials:\n{trials}"));
    let executable = std::env::current_exe().expect("this executable");
    let done = Command::new(BINARY)
        .args(["audit", SERVICE, "--plan", "plan.yaml", "--report", "json=report.json", "--quiet"])
        .args(["--jobs", &jobs.to_string(), "--"])
        .arg(executable)
        .args(ENTRY)
        .current_dir(folder.path())
        .env(POLICY, serde_json::to_string(policy).expect("a policy is JSON"))
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs");
    let told = || format!("{}\n{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap_or_else(|_| panic!("{}", told()));
    let report: Value = serde_json::from_str(&report).expect("the report is JSON");
    // Where no rule was decided there is no grade.
    assert_eq!(done.status.code(), Some(i32::from(report["grade"].is_null())), "{}", told());
    let rules = report["rules"].as_array().expect("rules").iter().map(|rule| {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let shown = rule["evidence"].as_array().into_iter().flatten().map(|evidence| text(&evidence["text"]));
        let why = std::iter::once(text(&rule["reason"])).chain(shown).filter(|text| !text.is_empty());
        (text(&rule["code"]), (text(&rule["outcome"]), why.collect::<Vec<_>>().join("; ")))
    });
    Judged(rules.collect())
}

impl Judged {
    /// The rules that were broken, each with what shows it.
    fn failed(&self) -> BTreeMap<&str, &str> {
        let failed = self.0.iter().filter(|(_, (outcome, _))| outcome == "failed");
        failed.map(|(code, (_, why))| (code.as_str(), why.as_str())).collect()
    }

    /// What became of one rule, and why.
    #[track_caller]
    pub fn of(&self, code: &str) -> (&str, &str) {
        let (outcome, why) = self.0.get(code).unwrap_or_else(|| panic!("no rule {code}"));
        (outcome, why)
    }
}

/// What a test of a rule needs.
pub struct Trial<'a> {
    pub code: &'a str,
    /// The plan's trials, as YAML.
    pub plan: &'a str,
    /// A client that keeps the rule.
    pub good: Policy,
    /// What makes it one that does not.
    pub broken: fn(&mut Policy),
    /// Rules that cannot be kept by who breaks this one.
    pub also: &'a [&'a str],
}

impl Trial<'_> {
    /// The good client keeps the rule and breaks none; the other breaks this one and those that go with it, and no more.
    #[track_caller]
    pub fn check(&self) {
        let bad = self.good.clone().but(self.broken);
        let (good, bad) = std::thread::scope(|scope| {
            let good = scope.spawn(|| audit(self.plan, &self.good));
            let bad = scope.spawn(|| audit(self.plan, &bad));
            (good.join().expect("an audit of the good client"), bad.join().expect("an audit of the other"))
        });
        self.compare(&good, &bad);
    }

    /// The same for rules about the length of waits, which a busy machine would stretch.
    #[track_caller]
    pub fn check_alone(&self) {
        let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        let good = self.decided(&self.good);
        let bad = self.decided(&self.good.clone().but(self.broken));
        self.compare(&good, &bad);
    }

    #[track_caller]
    fn decided(&self, policy: &Policy) -> Judged {
        let mut audits = (0..ATTEMPTS).map(|_| audit_with(self.plan, policy, JOBS_ALONE));
        let first = audits.next().expect("at least one attempt");
        let is_decided = |judged: &Judged| judged.of(self.code).0 != "undecided";
        if is_decided(&first) { first } else { audits.find(is_decided).unwrap_or(first) }
    }

    #[track_caller]
    fn compare(&self, good: &Judged, bad: &Judged) {
        assert_eq!(good.failed(), BTreeMap::new(), "the good client");
        let (outcome, why) = good.of(self.code);
        assert_eq!(outcome, "passed", "the good client and {}: {why}", self.code);
        let (outcome, why) = bad.of(self.code);
        assert_eq!(outcome, "failed", "the other client and {}: {why}", self.code);
        let mut others = bad.failed();
        others.retain(|code, _| *code != self.code && !self.also.contains(code));
        assert_eq!(others, BTreeMap::new(), "the other client breaks {} alone", self.code);
    }
}
