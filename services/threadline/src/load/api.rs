//! What the driver asks of the REST API.

use std::time::Duration;

use reqwest::{Client, Response};
use serde::Deserialize;
use serde_json::json;
use threadline_domain::ThreadId;
use threadline_edge::auth::{Mint, Subject};

use crate::config::{Config, Error as ConfigError};
use crate::error::Error;
use crate::token;

/// How long the driver's tokens are good for.
const TOKEN_TTL: Duration = Duration::from_hours(6);
/// How long one answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A client of the edges with tokens for any user.
#[derive(Clone)]
pub(super) struct Api {
    http: Client,
    mint: Mint,
    urls: Vec<String>,
}

#[derive(Deserialize)]
struct Created {
    id: uuid::Uuid,
}

impl Api {
    pub(super) fn new(config: &Config, urls: &[String]) -> Result<Self, Error> {
        let http = Client::builder().timeout(ANSWER_WITHIN).tcp_nodelay(true).build();
        let http = http.map_err(|source| Error::Request { url: urls.join(", "), source })?;
        let urls: Vec<String> = urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect();
        if let Some(url) = urls.iter().find(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(
                ConfigError::Missing(format!("--url must begin with http:// or https://, not be {url:?}")).into()
            );
        }
        Ok(Self { http, mint: token::mint(config)?, urls })
    }

    /// The edge that the client with this index uses.
    pub(super) fn url(&self, index: usize) -> &str {
        &self.urls[index % self.urls.len()]
    }

    /// Where its socket goes.
    pub(super) fn socket_url(&self, index: usize) -> String {
        format!("ws{}/ws", self.url(index).trim_start_matches("http"))
    }

    pub(super) fn token(&self, user: &str) -> Result<String, Error> {
        Ok(token::token(&self.mint, Subject { id: user, name: None, roles: &[] }, TOKEN_TTL)?)
    }

    /// Makes a group; its first member is the owner.
    pub(super) async fn create_group(&self, index: usize, members: &[String]) -> Result<ThreadId, Error> {
        let body = json!({"kind": "group", "title": "Load", "participants": members});
        let url = format!("{}/api/chat/threads/", self.url(index));
        let answer = self.http.post(&url).bearer_auth(self.token(&members[0])?).json(&body).send().await;
        let created: Created = checked(answer, &url).await?.json().await.map_err(|error| fault(&url, error))?;
        Ok(ThreadId(created.id))
    }

    /// Posts one message.
    pub(super) async fn post(&self, thread: ThreadId, token: &str, content: &str) -> Result<(), Error> {
        let url = format!("{}/api/chat/threads/{thread}/messages/", self.url(0));
        let answer = self.http.post(&url).bearer_auth(token).json(&json!({"content": content})).send().await;
        checked(answer, &url).await.map(|_| ())
    }

    /// Reads a page and says how many bytes it had.
    pub(super) async fn get(&self, path: &str, token: &str) -> Result<usize, Error> {
        let url = format!("{}{path}", self.url(0));
        let answer = checked(self.http.get(&url).bearer_auth(token).send().await, &url).await?;
        answer.bytes().await.map(|bytes| bytes.len()).map_err(|error| fault(&url, error))
    }
}

async fn checked(answer: reqwest::Result<Response>, url: &str) -> Result<Response, Error> {
    let answer = answer.map_err(|error| fault(url, error))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(answer);
    }
    let problem = answer.text().await.unwrap_or_default();
    let problem = problem.chars().take(300).collect();
    Err(Error::Answer { url: url.to_owned(), status, problem })
}

fn fault(url: &str, error: reqwest::Error) -> Error {
    // The error would name the URL again.
    Error::Request { url: url.to_owned(), source: error.without_url() }
}
