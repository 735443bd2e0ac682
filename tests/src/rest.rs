//! A bare REST client: one person at one edge.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;

use crate::token::token;

/// One person's calls to one edge.
#[derive(Clone)]
pub struct Rest {
    http: Client,
    base: String,
    token: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without parameters.
    pub media_type: String,
    /// The body; null when it is not JSON.
    pub body: Value,
}

impl Rest {
    /// For calls to a base URL such as `http://127.0.0.1:8080`. Making an HTTP client is costly: share it.
    pub fn new(http: &Client, base: &str, user: &str) -> Self {
        Self { http: http.clone(), base: base.to_owned(), token: token(user) }
    }

    /// The same with any token.
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self.clone() }
    }

    /// `GET /api/chat/{path}`.
    pub async fn get(&self, path: &str) -> Answer {
        Self::answer(self.call(Method::GET, path)).await
    }

    /// `POST /api/chat/{path}`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        Self::answer(self.call(Method::POST, path).json(&body)).await
    }

    /// `PUT /api/chat/{path}`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        Self::answer(self.call(Method::PUT, path).json(&body)).await
    }

    /// `DELETE /api/chat/{path}`.
    pub async fn delete(&self, path: &str) -> Answer {
        Self::answer(self.call(Method::DELETE, path)).await
    }

    /// A body sent as it is, with a content type.
    pub async fn send_raw(&self, method: Method, path: &str, content_type: &str, body: &[u8]) -> Answer {
        Self::answer(self.call(method, path).header("content-type", content_type).body(body.to_vec())).await
    }

    fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/chat/{path}", self.base)).bearer_auth(&self.token)
    }

    async fn answer(request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the edge answers");
        let status = response.status().as_u16();
        let content_type = response.headers().get("content-type").and_then(|value| value.to_str().ok());
        let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default().to_owned();
        let body = response.bytes().await.expect("the answer is whole");
        Answer { status, media_type, body: serde_json::from_slice(&body).unwrap_or_default() }
    }
}

impl Answer {
    /// The body of a success; panics on anything else.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.body);
        self.body
    }

    /// The body of a success with exactly this status.
    #[track_caller]
    pub fn is(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    /// The problem of a refusal with this status and code; panics on anything else.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{}", self.body);
        assert_eq!(self.media_type, "application/problem+json", "{}", self.body);
        assert_eq!(self.body["status"], status, "{}", self.body);
        self.body
    }
}
