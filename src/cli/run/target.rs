//! What scenarios run against: a fake in this process, a running standin, or a deployment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Value, json};

use super::client::{Client, Connection};
use super::performed::performed;
use crate::call::{Call, Reply};
use crate::cli::arguments::RunArguments;
use crate::cli::failure::Failure as Mistake;
use crate::scenario::model::Suite;
use crate::scenario::run::{Base, Failure, FailureKind, FromFake, Outgoing, Received};
use crate::server::{
    CHALLENGE, ClockSetting, LOCAL_ORIGIN, Local, OWN_PREFIX, Settings, WORLD_HEADER, receiver, wall_ms,
};

/// Why control steps are left out on a deployment.
const NO_FAKE: &str = "the target is no fake, so it has no control API";
/// The header that names a world.
const WORLD: HeaderName = HeaderName::from_static(WORLD_HEADER);
/// Longest time that a target may take to say whether it is a standin; one that is slower is taken for a deployment.
const PROBE_TIME_MAX: Duration = Duration::from_secs(5);
/// Longest time that the control API of a running standin may take.
const CONTROL_TIME_MAX: Duration = Duration::from_secs(30);
/// Most journal entries that are asked for.
const ENTRIES_MAX: usize = 2_000;

#[derive(Debug)]
pub struct Target {
    /// By index in [`Suite::apis`].
    apis: Vec<Reached>,
    kind: Kind,
    timeout: Duration,
}

/// How an API is reached.
#[derive(Debug)]
struct Reached {
    base: Base,
    control: bool,
    /// The fake in this process.
    local: Option<Local>,
    /// The standin behind it.
    served: Option<Served>,
}

#[derive(Debug)]
enum Kind {
    Fake,
    Remote { client: Client, shown: String, control_token: Option<String> },
}

/// What a running standin says of itself.
#[derive(Debug, Clone)]
struct Served {
    credential: Option<String>,
}

impl Target {
    pub fn new(suite: &Suite, arguments: &RunArguments) -> Result<Target, Mistake> {
        let timeout = Duration::from_secs(u64::from(arguments.timeout));
        match arguments.against.as_slice() {
            [only] if only == "fake" => Ok(fake(suite, arguments, timeout)),
            named => remote(suite, named, arguments, timeout),
        }
    }

    pub fn bases(&self) -> Vec<Base> {
        self.apis.iter().map(|api| api.base.clone()).collect()
    }

    /// For people: `fake`, or the URLs.
    pub fn shown(&self) -> &str {
        match &self.kind {
            Kind::Fake => "fake",
            Kind::Remote { shown, .. } => shown,
        }
    }

    /// Is waiting real, so that progress is worth a line?
    pub fn is_slow(&self) -> bool {
        matches!(self.kind, Kind::Remote { .. })
    }

    /// What the fake of each API fills inputs with.
    pub fn fakes(&self) -> Vec<FromFake> {
        let fake = |api: &Reached| {
            let local = api.local.as_ref().and_then(Local::credential).map(|(_, value)| value);
            let value = local.or_else(|| api.served.as_ref()?.credential.clone());
            let known = !api.control && (api.local.is_some() || api.served.is_some());
            FromFake { credential: value.map(bare), receiver: known.then(|| receiver(&api.base.origin)) }
        };
        self.apis.iter().map(fake).collect()
    }

    /// A fresh world, where the target has worlds. The error is a failure of the target.
    /// Its control steps go to the fake of `home`.
    pub async fn session(&self, world: String, home: Option<usize>) -> Result<Session<'_>, Failure> {
        let connection = match &self.kind {
            Kind::Fake => None,
            Kind::Remote { client, .. } => Some(client.connection()),
        };
        let home = home.or_else(|| self.apis.iter().position(|api| !api.control));
        let mut session = Session { target: self, world, home, connection };
        session.reset().await?;
        Ok(session)
    }
}

fn fake(suite: &Suite, arguments: &RunArguments, timeout: Duration) -> Target {
    let settings = Settings { seed: arguments.seed, clock: ClockSetting::FROZEN, ..Settings::default() };
    let apis = suite.apis.iter().map(|api| Reached {
        base: Base { origin: LOCAL_ORIGIN.to_owned(), path: api.contract.operations.base.to_string() },
        control: api.control,
        local: (!api.control).then(|| Local::new(api.contract.clone(), settings.clone())),
        served: None,
    });
    Target { apis: apis.collect(), kind: Kind::Fake, timeout }
}

fn remote(suite: &Suite, named: &[String], arguments: &RunArguments, timeout: Duration) -> Result<Target, Mistake> {
    let services: Vec<usize> = (0..suite.apis.len()).filter(|index| !suite.apis[*index].control).collect();
    let mut bases: Vec<Option<Base>> = vec![None; suite.apis.len()];
    for text in named {
        let (name, url) = match text.split_once('=') {
            Some((name, url)) if !name.contains("://") => (Some(name), url),
            _ => (None, text.as_str()),
        };
        let base = base(url)?;
        let index = match name {
            Some(name) => services.iter().copied().find(|index| suite.apis[*index].name == name),
            None if services.len() == 1 => services.first().copied(),
            None => None,
        };
        let names: Vec<&str> = services.iter().map(|index| suite.apis[*index].name.as_str()).collect();
        let Some(index) = index else {
            return Err(Mistake::usage(format!(
                "--against {text}: say for which source: {}=URL",
                names.join("=URL, ")
            )));
        };
        bases[index] = Some(base);
    }
    if let Some(missing) = services.iter().find(|index| bases[**index].is_none()) {
        let name = &suite.apis[*missing].name;
        return Err(Mistake::usage(format!("the source {name} has no target: give --against {name}=URL")));
    }
    let secure = bases.iter().flatten().any(|base| base.origin.starts_with("https://"));
    let client = Client::new(secure).map_err(Mistake::usage)?;
    let control_token = arguments.control_token.clone();
    let origins: BTreeSet<&str> = bases.iter().flatten().map(|base| base.origin.as_str()).collect();
    let time = timeout.min(PROBE_TIME_MAX);
    let served: BTreeMap<String, Served> = origins
        .into_iter()
        .filter_map(|origin| {
            let served = ask(&client, origin, control_token.as_deref(), time).transpose()?;
            Some(served.map(|served| (origin.to_owned(), served)))
        })
        .collect::<Result<_, _>>()?;
    // Where a control API is asked is up to each session; the first standin's stands for it until then.
    let origin = bases.iter().flatten().find(|base| served.contains_key(&base.origin)).map(|base| base.origin.clone());
    let own = Base { origin: origin.unwrap_or_default(), path: OWN_PREFIX.to_owned() };
    let apis = suite.apis.iter().zip(bases).map(|(api, base)| {
        let base = base.unwrap_or_else(|| own.clone());
        Reached { control: api.control, local: None, served: served.get(&base.origin).cloned(), base }
    });
    let shown = named.join(", ");
    Ok(Target { apis: apis.collect(), kind: Kind::Remote { client, shown, control_token }, timeout })
}

/// A URL as origin and base path.
fn base(url: &str) -> Result<Base, Mistake> {
    let shown = without_user(url);
    let wrong = |why: &str| {
        Mistake::usage(format!("--against {shown}: {why}; give the base URL of the API: https://api.example.com/v1"))
    };
    let uri: Uri = url.parse().map_err(|_| wrong("this is no URL"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(wrong("this is neither fake nor a whole URL"));
    };
    if !matches!(scheme, "http" | "https") {
        return Err(wrong("only http and https are spoken"));
    }
    let port = authority.as_str().rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if authority.host().is_empty() || port.is_some_and(|port| port.parse::<u16>().is_err()) {
        return Err(wrong("it names no host and port"));
    }
    if uri.query().is_some() || authority.as_str().contains('@') {
        return Err(wrong("it must have no query and no user name"));
    }
    Ok(Base { origin: format!("{scheme}://{authority}"), path: uri.path().trim_end_matches('/').to_owned() })
}

/// A URL without what stands before the host, which may be a password.
fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://***@{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

/// Is there a standin? Whoever does not say so is taken for a deployment. The error: it is one, and wants its control token.
fn ask(client: &Client, origin: &str, token: Option<&str>, time: Duration) -> Result<Option<Served>, Mistake> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return Ok(None) };
    let mut call = Call::new(Method::GET, &format!("{OWN_PREFIX}/health"));
    call.origin = origin.to_owned();
    authorise(&mut call, token);
    let Ok((reply, _)) = runtime.block_on(client.connection().send(&call, time)) else { return Ok(None) };
    if reply.status == StatusCode::UNAUTHORIZED && reply.header("www-authenticate") == Some(CHALLENGE) {
        let problem = if token.is_some() { "refuses this control token" } else { "asks for its control token" };
        return Err(Mistake::usage(format!(
            "the standin at {origin} {problem}; give the one it was started with: --control-token"
        )));
    }
    let health: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let is_standin = reply.status.is_success() && health["name"] == "standin";
    Ok(is_standin.then(|| Served { credential: health["credential"]["value"].as_str().map(str::to_owned) }))
}

fn authorise(call: &mut Call, token: Option<&str>) {
    let value = token.and_then(|token| HeaderValue::from_str(&format!("Bearer {token}")).ok());
    if let Some(value) = value {
        call.headers.insert(AUTHORIZATION, value);
    }
}

/// A credential as scenarios write it: without the scheme's word.
fn bare(value: String) -> String {
    match value.split_once(' ') {
        Some((_, rest)) => rest.to_owned(),
        None => value,
    }
}

/// One group of workflows on the target: a world of its own on a fake.
#[derive(Debug)]
pub struct Session<'t> {
    target: &'t Target,
    world: String,
    /// The API that the workflows are about.
    home: Option<usize>,
    connection: Option<Connection>,
}

impl Session<'_> {
    pub async fn send(&mut self, outgoing: Outgoing) -> Received {
        let control = self.target.apis[outgoing.api].control;
        let reached = &self.target.apis[self.home.filter(|_| control).unwrap_or(outgoing.api)];
        let timeout = outgoing.timeout.unwrap_or(self.target.timeout);
        let mut call = outgoing.call;
        if control {
            call.origin.clone_from(&reached.base.origin);
        }
        if let Some(local) = &reached.local {
            call.received_at = local.now(&self.world);
            let reply = local.answer(&self.world, &call).await;
            return performed(reply, &call.method, timeout, local.now(&self.world));
        }
        if control && reached.served.is_none() {
            return Received::Skipped(NO_FAKE.to_owned());
        }
        if reached.served.is_some() {
            self.enter_world(&mut call);
            if control {
                authorise(&mut call, self.control_token());
            }
        }
        let Some(connection) = &mut self.connection else {
            return Received::Skipped("the source has no target".to_owned());
        };
        match connection.send(&call, timeout).await {
            Ok((reply, elapsed)) => Received::Reply { reply, elapsed, received_at: wall_ms() },
            Err(failure) => Received::Failed(failure),
        }
    }

    /// Lets time pass: at once on a fake.
    pub async fn wait(&mut self, time: Duration) -> Result<(), Failure> {
        match &self.target.kind {
            Kind::Fake => {
                for local in self.locals() {
                    let stuck =
                        |why| Failure { kind: FailureKind::Broken, message: format!("time stands still: {why}") };
                    local.wait(&self.world, time).await.map_err(stuck)?;
                }
            }
            Kind::Remote { .. } => {
                let body = json!({ "seconds": time.as_millis() as f64 / 1000.0 });
                for origin in self.served() {
                    self.control(&origin, Method::POST, "clock/advance", Some(&body)).await?;
                }
                // Only a deployment needs real time to go by.
                if self.target.apis.iter().any(|api| api.served.is_none() && !api.control) {
                    tokio::time::sleep(time).await;
                }
            }
        }
        Ok(())
    }

    /// Why each call of the world was answered so; of an API about which nobody can say, nothing.
    pub async fn causes(&mut self) -> Causes {
        let path = format!("journal?kind=call&limit={ENTRIES_MAX}");
        let mut told = Causes::default();
        if let Kind::Fake = &self.target.kind {
            for (index, api) in self.target.apis.iter().enumerate().filter(|(_, api)| !api.control) {
                let Some(local) = &api.local else { continue };
                let call = Call::new(Method::GET, &format!("{OWN_PREFIX}/{path}"));
                told.add(vec![index], &local.answer(&self.world, &call).await);
            }
        }
        for origin in self.served() {
            let Ok(reply) = self.control(&origin, Method::GET, &path, None).await else { continue };
            let apis = self.target.apis.iter().enumerate();
            let behind = apis.filter(|(_, api)| !api.control && api.base.origin == origin).map(|(index, _)| index);
            told.add(behind.collect(), &reply);
        }
        told
    }

    /// What became of the faults that control steps armed, in the own world or one that they named: the control API's list.
    pub async fn faults(&mut self, world: Option<&str>) -> Result<Value, String> {
        const PATH: &str = "faults";
        let reached = self.home.map(|home| &self.target.apis[home]);
        let reply = if let Some(local) = reached.and_then(|api| api.local.as_ref()) {
            // Worlds are not named in this process.
            local.answer(&self.world, &Call::new(Method::GET, &format!("{OWN_PREFIX}/{PATH}"))).await
        } else {
            let origin = reached.map(|api| api.base.origin.clone()).ok_or(NO_FAKE)?;
            let own = world.map(|named| std::mem::replace(&mut self.world, named.to_owned()));
            let asked = self.control(&origin, Method::GET, PATH, None).await;
            if let Some(own) = own {
                self.world = own;
            }
            asked.map_err(|failure| failure.message)?
        };
        serde_json::from_slice(&reply.body).map_err(|error| format!("the control API answered no JSON: {error}"))
    }

    /// Leaves no world behind.
    pub fn close(self) {
        self.locals().for_each(|local| local.forget(&self.world));
    }

    fn locals(&self) -> impl Iterator<Item = &Local> {
        self.target.apis.iter().filter(|api| !api.control).filter_map(|api| api.local.as_ref())
    }

    /// The origins of running standins, each once.
    fn served(&self) -> BTreeSet<String> {
        let served = self.target.apis.iter().filter(|api| api.served.is_some() && !api.control);
        served.map(|api| api.base.origin.clone()).collect()
    }

    /// A running standin keeps its worlds, so one of the same name starts over.
    async fn reset(&mut self) -> Result<(), Failure> {
        for origin in self.served() {
            self.control(&origin, Method::POST, "world/reset", None).await?;
        }
        Ok(())
    }

    async fn control(
        &mut self,
        origin: &str,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Reply, Failure> {
        let mut call = Call::new(method, &format!("{OWN_PREFIX}/{path}"));
        call.origin = origin.to_owned();
        if let Some(body) = body {
            call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            call.body = body.to_string().into();
        }
        self.enter_world(&mut call);
        authorise(&mut call, self.control_token());
        let Some(connection) = &mut self.connection else {
            return Err(Failure { kind: FailureKind::Broken, message: NO_FAKE.to_owned() });
        };
        let (reply, _) = connection.send(&call, CONTROL_TIME_MAX).await?;
        if !reply.status.is_success() {
            let detail = String::from_utf8_lossy(&reply.body).into_owned();
            let message = format!("the control API answered {} to {path}: {detail}", reply.status.as_u16());
            return Err(Failure { kind: FailureKind::Broken, message });
        }
        Ok(reply)
    }

    fn control_token(&self) -> Option<&str> {
        match &self.target.kind {
            Kind::Fake => None,
            Kind::Remote { control_token, .. } => control_token.as_deref(),
        }
    }

    fn enter_world(&self, call: &mut Call) {
        // Names are made of what headers may hold.
        if let Ok(value) = HeaderValue::from_str(&self.world) {
            call.headers.entry(WORLD).or_insert(value);
        }
    }
}

/// Why calls were answered so, for each of them in order, by the server that answered.
#[derive(Debug, Default)]
pub struct Causes {
    /// With the indices in [`Suite::apis`] of what the server serves.
    servers: Vec<(Vec<usize>, VecDeque<Vec<String>>)>,
}

impl Causes {
    /// `journal`: what the control API says of the calls.
    fn add(&mut self, apis: Vec<usize>, journal: &Reply) {
        let journal: Value = serde_json::from_slice(&journal.body).unwrap_or_default();
        let entries = journal["entries"].as_array().into_iter().flatten();
        self.servers.push((apis, entries.map(causes).collect()));
    }

    /// Those of the next call of this API.
    pub fn next(&mut self, api: usize) -> Vec<String> {
        let server = self.servers.iter_mut().find(|(apis, _)| apis.contains(&api));
        server.and_then(|(_, causes)| causes.pop_front()).unwrap_or_default()
    }
}

fn causes(entry: &Value) -> Vec<String> {
    let causes = entry["causes"].as_array().into_iter().flatten();
    let text = |cause: &Value| Some(format!("{}: {}", cause["kind"].as_str()?, cause["text"].as_str()?));
    causes.filter_map(text).collect()
}
