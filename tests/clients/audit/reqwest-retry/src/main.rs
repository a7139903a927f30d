//! reqwest with reqwest-retry, as its documentation sets it up.

use std::env;

use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use reqwest_retry::{RetryTransientMiddleware, policies::ExponentialBackoff};
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let policy = ExponentialBackoff::builder().build_with_max_retries(3);
    let retry = RetryTransientMiddleware::new_with_policy(policy);
    let client = ClientBuilder::new(reqwest::Client::new()).with(retry).build();
    let (base, credential) = (env::var("STANDIN_BASE_URL")?, env::var("STANDIN_CREDENTIAL")?);

    let (mut page, mut pages) = (1, 1);
    while page <= pages {
        let list = get(&client, &credential, &format!("{base}/channels?page={page}&per_page=1")).await?;
        pages = list["meta"]["pagination"]["total_pages"].as_i64().ok_or("no pages")?;
        page += 1;
    }
    let made = client.post(format!("{base}/channels")).header("Authorization", &credential);
    let made: Value = made.json(&json!({ "name": "Audited" })).send().await?.error_for_status()?.json().await?;
    let id = made["data"]["id"].as_str().ok_or("no id")?;
    let read = get(&client, &credential, &format!("{base}/channels/{id}")).await?;
    if read["data"]["name"] == "Audited" { Ok(()) } else { Err("another channel came back".into()) }
}

async fn get(client: &ClientWithMiddleware, credential: &str, url: &str) -> Result<Value, Failure> {
    let reply = client.get(url).header("Authorization", credential).send().await?;
    Ok(reply.error_for_status()?.json().await?)
}
