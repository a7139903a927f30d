//! Lists that come in pages survive a fault in the middle.

use super::seen;
use super::tally::Tally;
use super::{Case, Rule, Severity, Verdict};
use crate::audit::knowledge::PageAsked;
use crate::audit::observe::{Exchange, Exit, Run};

pub const RULES: &[Rule] = &[
    Rule {
        code: "reads-every-page",
        severity: Severity::Critical,
        title: "a fault in the middle of a list loses no page",
        explanation: "A list that is shorter than it should be looks like a list. A client that leaves out the page that failed, or that \
            takes the failure for the end, gives its caller a part as if it were the whole. Ask for the failed page again, and report \
            the failure when it stays away.",
        source: "AIP-158 (pagination); Azure SDK guidelines, paging (a failed page raises)",
        judge: |case| judge(case, every_page),
    },
    Rule {
        code: "reads-no-page-twice",
        severity: Severity::Warning,
        title: "a fault in the middle of a list makes no page be read twice",
        explanation: "What stood on a page that is read twice is handled twice: it is counted, sent or paid once more. After a fault go \
            on with the position that failed, and keep what was read before it.",
        source: "AIP-158 (page tokens); Azure SDK guidelines, paging (continuation tokens)",
        judge: |case| judge(case, no_page_twice),
    },
    Rule {
        code: "resumes-at-failed-page",
        severity: Severity::Note,
        title: "after a fault in the middle of a list the client goes on from the page that failed",
        explanation: "A client that starts the list anew makes the service do all of it again, just when it is in trouble, and may never \
            come to the end of a long list. Keep the position of the page that is asked for, and repeat that call alone.",
        source: "AIP-158 (page tokens); Amazon Builders' Library, Timeouts, retries and backoff with jitter",
        judge: |case| judge(case, resumes),
    },
];

/// A page in the middle of a list that failed when it was first asked for.
struct Failure<'r> {
    index: usize,
    run: &'r Run,
    /// The pages of this list that were asked for in this run, with their exchanges.
    asked: Vec<(usize, PageAsked)>,
    /// Where in `asked`.
    place: usize,
    /// Where in `asked` the page was got, later.
    got: Option<usize>,
}

impl Failure<'_> {
    fn position(&self) -> &str {
        self.asked[self.place].1.position.as_deref().unwrap_or_default()
    }

    fn at(&self) -> usize {
        self.asked[self.place].0
    }

    fn line(&self) -> String {
        seen::line(&self.run.exchanges[self.at()])
    }

    fn was_got(&self, place: usize) -> bool {
        seen::succeeded(&self.run.exchanges[self.asked[place].0])
    }

    fn same_page(&self, place: usize, other: usize) -> bool {
        self.asked[place].1.position == self.asked[other].1.position
    }

    /// Where the list was begun for the last time before the page failed.
    fn start(&self) -> usize {
        let begun = (0..self.place).rev().find(|place| self.asked[*place].1.position.is_none() && self.was_got(*place));
        begun.unwrap_or(0)
    }
}

fn judge(case: &Case<'_>, each: fn(&mut Tally, &Failure<'_>, Option<&str>)) -> Verdict {
    let mut tally = Tally::default();
    let in_the_middle =
        |exchange: &Exchange| case.knowledge.page_asked(exchange).is_some_and(|page| page.position.is_some());
    let mute = seen::mute_exit(case, |exchange| !in_the_middle(exchange));
    for (index, run) in case.runs.iter().enumerate() {
        for failure in failures(case, index, run) {
            each(&mut tally, &failure, mute.as_deref());
        }
    }
    tally.verdict("no page in the middle of a list failed")
}

fn failures<'r>(case: &Case<'_>, index: usize, run: &'r Run) -> Vec<Failure<'r>> {
    let paged = |(at, exchange)| Some((at, case.knowledge.page_asked(exchange)?));
    let pages: Vec<(usize, PageAsked)> = run.exchanges.iter().enumerate().filter_map(paged).collect();
    let mut found: Vec<Failure<'r>> = Vec::new();
    for (at, page) in &pages {
        let exchange = &run.exchanges[*at];
        // A position that is refused as such is not in trouble.
        let refused = seen::is_sound(exchange) && exchange.status.is_client_error() && exchange.status.as_u16() != 429;
        let same_client = |other: usize| run.exchanges[other].client == exchange.client;
        let known = |failure: &Failure<'_>| failure.asked[failure.place].1 == *page && same_client(failure.at());
        if page.position.is_none() || seen::succeeded(exchange) || refused || found.iter().any(known) {
            continue;
        }
        let of_list = |(at, other): &&(usize, PageAsked)| other.list == page.list && same_client(*at);
        let asked: Vec<(usize, PageAsked)> = pages.iter().filter(of_list).cloned().collect();
        let Some(place) = asked.iter().position(|(place, _)| place == at) else { continue };
        let mut failure = Failure { index, run, asked, place, got: None };
        let got = |later: &usize| failure.same_page(place, *later) && failure.was_got(*later);
        failure.got = (place + 1..failure.asked.len()).find(got);
        found.push(failure);
    }
    found
}

fn every_page(tally: &mut Tally, failure: &Failure<'_>, mute: Option<&str>) {
    let (index, at, line) = (failure.index, failure.at(), failure.line());
    // What was asked for at the same time is no going on.
    let ended = failure.run.exchanges[at].ended;
    let further = |later: &&(usize, PageAsked)| {
        let (position, later) = (later.1.position.as_deref(), &failure.run.exchanges[later.0]);
        let is_other = position.is_some_and(|position| position != failure.position());
        is_other && later.begun >= ended && seen::succeeded(later)
    };
    let further = failure.asked[failure.place + 1..].iter().find(further);
    if let Some(got) = failure.got {
        tally.kept(index, vec![at, failure.asked[got].0], format!("{line} failed and was read later"));
    } else if seen::exit_tells_failure(failure.run) {
        tally.kept(index, vec![at], format!("{line} failed, and the client ended with a failure"));
    } else if let Some((next, _)) = further {
        let text = format!("{line} failed, and the client went on with {}", seen::line(&failure.run.exchanges[*next]));
        tally.harmed(index, vec![at, *next], text);
    } else if failure.run.exit == Exit::Code(0) && mute.is_none() {
        tally.broken(index, vec![at], format!("{line} failed and was never read, and the client ended with exit 0"));
    } else {
        let ended = || format!("{line} was never read, and {}", seen::exit_in_words(failure.run.exit));
        tally.unclear(mute.map_or_else(ended, str::to_owned));
    }
}

fn no_page_twice(tally: &mut Tally, failure: &Failure<'_>, _: Option<&str>) {
    let Some(got) = failure.got else {
        return tally.unclear("the page that failed was never read, so that nothing came after it");
    };
    let read_before = |place: usize| {
        (failure.start()..failure.place).find(|before| failure.same_page(*before, place) && failure.was_got(*before))
    };
    let again = (failure.place + 1..got).filter(|place| failure.was_got(*place));
    let twice = again.filter_map(|place| Some((read_before(place)?, place))).next();
    let next = Some(got + 1)
        .filter(|next| *next < failure.asked.len() && failure.same_page(got, *next) && failure.was_got(*next));
    match twice.or(next.map(|next| (got, next))) {
        Some((one, other)) => {
            let evidence = vec![failure.asked[one].0, failure.at(), failure.asked[other].0];
            let line = seen::line(&failure.run.exchanges[failure.asked[other].0]);
            tally.broken(failure.index, sorted(evidence), format!("{line} was read twice because of a fault"));
        }
        None => {
            let evidence = vec![failure.at(), failure.asked[got].0];
            tally.kept(failure.index, evidence, format!("{} failed, and each page was read once", failure.line()));
        }
    }
}

fn resumes(tally: &mut Tally, failure: &Failure<'_>, _: Option<&str>) {
    let ended = failure.run.exchanges[failure.at()].ended;
    // Pages that were asked for at the same time say nothing.
    let next = failure.asked[failure.place + 1..].iter().find(|(at, _)| failure.run.exchanges[*at].begun >= ended);
    let Some((next, page)) = next else {
        return tally.unclear("after the page that failed the client asked for no other");
    };
    let evidence = vec![failure.at(), *next];
    match page.position.as_deref() {
        Some(position) if position == failure.position() => {
            tally.kept(failure.index, evidence, format!("{} failed and was asked for next", failure.line()));
        }
        None => {
            tally.broken(failure.index, evidence, format!("{} failed, and the list was begun anew", failure.line()));
        }
        Some(_) => tally.unclear("after the page that failed the client asked for another one"),
    }
}

fn sorted(mut exchanges: Vec<usize>) -> Vec<usize> {
    exchanges.sort_unstable();
    exchanges.dedup();
    exchanges
}
