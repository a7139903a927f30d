//! Snapshots of a shipped service: the same calls on worlds of other seeds and clocks, and files that insta reads.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::{HeaderValue, Method};
use serde_json::{Map, Value, json};
use standin::call::Call;
use standin::contract::document::Source;
use standin::contract::parameter::Arguments;
use standin::contract::schema::SchemasBuilder;
use standin::contract::{Contract, Selection};
use standin::engine;
use standin::scenario::exchange::{Exchange, parse_body};
use standin::scenario::finding::Site;
use standin::scenario::model::{
    Api, Description, Parameter, ParameterPlace, RequestBody, SnapshotSettings, Step, StepTarget, Suite, Version,
    Workflow, WorkflowRef,
};
use standin::scenario::run::{Record, Verdict, Visit, What};
use standin::scenario::snapshot::{File, compare, render};
use standin::scenario::template::Template;
use standin::world::World;
use standin::world::clock::Clock;

const MAIN: WorkflowRef = WorkflowRef { description: 0, workflow: 0 };

struct Files;

impl Source for Files {
    fn read(&self, name: &str) -> Result<String, String> {
        // `file!()` is this file wherever it is compiled from.
        let here = Path::new(file!());
        let root = here.parent().and_then(Path::parent).map_or_else(PathBuf::new, Path::to_path_buf);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(root).join(name);
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }
}

fn flow() -> Arc<Contract> {
    static CONTRACT: OnceLock<Arc<Contract>> = OnceLock::new();
    let load = || {
        let selection = Selection { overlays: vec!["spec/flow/overlay.yaml".to_owned()], include: Vec::new() };
        Arc::new(Contract::load(&Files, "spec/flow/openapi.yaml", &selection).expect("it loads"))
    };
    CONTRACT.get_or_init(load).clone()
}

/// A client that writes down what it does.
struct Client {
    contract: Arc<Contract>,
    world: World,
    credential: String,
    origin: &'static str,
    steps: Vec<Step>,
    visits: Vec<Visit>,
}

impl Client {
    fn new(seed: u64, start: i64, origin: &'static str) -> Client {
        let contract = flow();
        let world = engine::found(&contract, "default", seed, Clock::frozen(start));
        let (_, credential) = engine::credential(&contract, &world).expect("a credential");
        Client { contract, world, credential, origin, steps: Vec::new(), visits: Vec::new() }
    }

    /// `written` is the payload as the scenario has it, `sent` what came of it.
    fn call(&mut self, id: &str, operation: &str, target: &str, written: Value, sent: Value) -> Value {
        let found = self.contract.operations.find(operation).expect("an operation");
        let method: Method = self.contract.operations.get(found).method.clone();
        let mut call = Call::new(method, target);
        call.origin = self.origin.to_owned();
        call.headers.insert("authorization", HeaderValue::from_str(&self.credential).expect("a header"));
        let mut body = None;
        if !sent.is_null() {
            call.headers.insert("content-type", HeaderValue::from_static("application/json"));
            call.body = sent.to_string().into();
            body = Some(sent);
        }
        let reply = engine::handle(&self.contract, &mut self.world, &call);
        let reply = reply.reply().expect("no reply here waits for a delivery");
        let (received, malformed) = parse_body(&reply);
        let answer = received.clone().unwrap_or(Value::Null);
        self.visits.push(Visit {
            workflow: MAIN,
            step: self.steps.len(),
            depth: 0,
            attempt: 1,
            what: What::Exchange(Box::new(Exchange {
                api: 0,
                operation: found,
                call,
                arguments: Arguments::default(),
                sent: body,
                reply,
                received,
                malformed,
                elapsed: Duration::ZERO,
                received_at: 0,
            })),
            passed: true,
            criteria: Vec::new(),
            action: None,
        });
        self.steps.push(step(id, StepTarget::Operation { api: 0, operation: found }, target, &written));
        answer
    }

    fn finish(self) -> (Suite, Record) {
        let workflow = Workflow {
            id: "story".to_owned(),
            summary: String::new(),
            site: site(""),
            inputs: None,
            depends_on: Vec::new(),
            steps: self.steps,
            finally: Vec::new(),
            outputs: Vec::new(),
            snapshot: SnapshotSettings::default(),
            called: false,
        };
        let description = Description {
            file: "story.arazzo.yaml".into(),
            version: Version::V1_1,
            self_uri: None,
            title: "Story".to_owned(),
            sources: Vec::new(),
            workflows: vec![workflow],
            schemas: SchemasBuilder::default().build("story.arazzo.yaml", &json!({})).expect("none"),
        };
        let api =
            Api { file: "openapi.yaml".to_owned(), name: "flow".to_owned(), contract: self.contract, control: false };
        let record = Record {
            workflow: MAIN,
            verdict: Verdict::Passed,
            inputs: Map::new(),
            outputs: Map::new(),
            visits: self.visits,
            findings: Vec::new(),
            waited: Duration::ZERO,
            secrets: Vec::new(),
        };
        (Suite { descriptions: vec![description], asked: 1, apis: vec![api] }, record)
    }
}

fn site(pointer: &str) -> Site {
    Site { file: "story.arazzo.yaml".into(), pointer: pointer.to_owned() }
}

fn step(id: &str, target: StepTarget, path: &str, written: &Value) -> Step {
    let template = |value: &Value| Template::parse(value, true).expect("a template");
    let query = path.split_once('?').map_or("", |(_, query)| query);
    let names = query.split('&').filter_map(|pair| pair.split_once('='));
    let parameters = names.map(|(name, value)| Parameter {
        name: name.split('[').next().unwrap_or(name).to_owned(),
        place: Some(ParameterPlace::Query),
        // Only numbers are written out in these tests.
        value: template(&if value.len() < 4 { json!(value) } else { json!("$steps.a.outputs.b") }),
        site: site(""),
    });
    let payload = (!written.is_null()).then(|| template(written));
    Step {
        id: id.to_owned(),
        description: String::new(),
        site: site(&format!("/workflows/0/steps/{id}")),
        target,
        parameters: parameters.collect(),
        body: payload.map(|payload| RequestBody {
            content_type: None,
            payload: Some(payload),
            replacements: Vec::new(),
            site: site(""),
        }),
        success_criteria: Vec::new(),
        on_success: Vec::new(),
        on_failure: Vec::new(),
        outputs: Vec::new(),
        timeout: None,
        depends_on: Vec::new(),
        depends_on_others: Vec::new(),
        condition: None,
        each: None,
        snapshot: SnapshotSettings::default(),
    }
}

/// Much of the service, happy and unhappy.
fn story(mut client: Client) -> (Suite, Record) {
    let id =
        |answer: &Value, pointer: &str| answer.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned();
    let none = || Value::Null;
    let same = |body: Value| (body.clone(), body);
    let (written, sent) = same(json!({ "name": "Launch", "color": "#3B82F6" }));
    let channel = client.call("createChannel", "createChannel", "/v1/channels", written, sent);
    let channel = id(&channel, "/data/id");
    let written = json!({ "channelId": "$steps.createChannel.outputs.id", "content": "Hello" });
    let sent = json!({ "channelId": channel, "content": "Hello" });
    let post = client.call("createPost", "createPost", "/v1/posts", written.clone(), sent.clone());
    let post = id(&post, "/data/id");
    client.call("getPost", "getPost", &format!("/v1/posts/{post}"), none(), none());
    client.call("listPosts", "listPosts", &format!("/v1/posts?filter[channelId]={channel}&per_page=1"), none(), none());
    client.call(
        "batch",
        "batchCreatePosts",
        "/v1/posts/batch",
        json!({ "posts": [written, { "channelId": "channel_none", "content": "Lost" }] }),
        json!({ "posts": [sent, { "channelId": "channel_none", "content": "Lost" }] }),
    );
    let (written, sent) = same(json!({ "name": "CI" }));
    client.call("createKey", "createApiKey", "/v1/api-keys", written, sent);
    client.call("listKeys", "listApiKeys", "/v1/api-keys", none(), none());
    let (written, sent) = same(json!({ "url": "https://example.com/hooks", "events": ["post.created"] }));
    client.call("createWebhook", "createWebhook", "/v1/webhooks", written, sent);
    client.call("usage", "getUsage", "/v1/usage", none(), none());
    client.call("missing", "getPost", "/v1/posts/post_none", none(), none());
    let (written, sent) = same(json!({ "content": 5 }));
    client.call("refused", "createPost", "/v1/posts", written, sent);
    client.call("deletePost", "deletePost", &format!("/v1/posts/{post}"), none(), none());
    client.finish()
}

#[test]
fn worlds_of_other_seeds_and_clocks_give_the_same_bytes() {
    let told = |seed, start, origin| {
        let (suite, record) = story(Client::new(seed, start, origin));
        let rendered = render(&suite, &record);
        assert!(rendered.findings.is_empty(), "{:#?}", rendered.findings);
        rendered.text
    };
    // Each starts with a month: what was used in it is counted.
    let text = told(1, 1_767_225_600_000, "http://127.0.0.1:4010");
    for (seed, start, origin) in [
        (1, 1_767_225_600_000, "http://127.0.0.1:4010"),
        (2, 1_801_440_000_000, "http://127.0.0.1:4010"),
        (999, 1_909_094_400_000, "https://api.example.net/~world"),
    ] {
        let other = told(seed, start, origin);
        if let Some(difference) = compare(&text, &other, &[]) {
            panic!("seed {seed}:\n{}", difference.diff);
        }
        assert_eq!(text, other);
    }
    assert!(!text.contains("flow_sk_live_"), "no key is shown:\n{text}");
    for shown in
        ["\"id\": \"<post:1>\"", "\"channelId\": \"<channel:1>\"", "\"apiKey\": \"<secret:", "GET /v1/posts/<post:1>\n"]
    {
        assert!(text.contains(shown), "{shown} in\n{text}");
    }
}

/// A folder of its own for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("standin-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn insta_reads_our_files_and_writes_the_same_bytes() {
    let folder = Folder::new("insta");
    let names =
        ["publish", "true", "12", "1.5", "a: b", "- a", "a\"b\\c\n", "~", "it's", "", "é", ".a", "0x1", " a ", "=x"];
    let contents =
        ["# a\n\n200 OK", "---\nsource: x\n---\ny", "", "\n\nleading", "tab\tand \u{1b}", "a\rb", "last  \n\n"];
    for (index, name) in names.iter().enumerate() {
        for (place, contents) in contents.iter().enumerate() {
            let file =
                File { source: (*name).to_owned(), expression: (*name).to_owned(), contents: (*contents).to_owned() };
            let (ours, theirs) =
                (folder.0.join(format!("{index}-{place}.snap")), folder.0.join(format!("{index}-{place}-again.snap")));
            let text = file.write();
            std::fs::write(&ours, &text).expect("written");
            let read = insta::Snapshot::from_file(&ours).expect("insta reads it");
            assert_eq!(read.metadata().source(), Some(*name), "{text}");
            assert_eq!(read.metadata().expression(), Some(*name), "{text}");
            read.save(&theirs).expect("insta writes it");
            let again = std::fs::read_to_string(&theirs).expect("read");
            assert_eq!(again, text);
            let parsed = File::parse(&again).expect("we read it");
            assert_eq!(parsed.write(), text);
            assert_eq!((parsed.source.as_str(), parsed.contents.as_str()), (*name, contents.trim_end()));
        }
    }
}
