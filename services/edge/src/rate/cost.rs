//! What every call costs, in tokens of its user's bucket: one for the cheapest, more for what reads more rows, changes
//! the log, or brings more bytes.

use axum::http::{HeaderMap, Method, header};
use threadline_wire::frame::Request;

/// Bytes of a request's body, or of a frame, that cost a token more.
const BYTES_PER_TOKEN: usize = 16 * 1024;
/// Tokens of a body that does not say how large it is: as many as the largest that is taken by default.
const UNKNOWN_SIZE: u32 = 16;
/// Tokens of a frame or a call that posts, edits or deletes a message, without its bytes.
pub(crate) const SEND: u32 = 2;
/// Tokens of coming in, or of a route that states none.
pub(crate) const LEAST: u32 = 1;

/// The cost of a route, and whether its answer can be large.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cost {
    fixed: u32,
    rows_per_token: Option<u32>,
    pub(crate) answer: Answer,
}

/// How large an answer can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A thread, a message or less, or a refusal.
    Small,
    /// A page, or a list that grows with its thread.
    Large,
}

impl Cost {
    const fn write(fixed: u32) -> Self {
        Self { fixed, rows_per_token: None, answer: Answer::Small }
    }

    const fn read(fixed: u32) -> Self {
        Self { fixed, rows_per_token: None, answer: Answer::Small }
    }

    const fn list(fixed: u32) -> Self {
        Self { fixed, rows_per_token: None, answer: Answer::Large }
    }

    const fn page(rows_per_token: u32) -> Self {
        Self { fixed: LEAST, rows_per_token: Some(rows_per_token), answer: Answer::Large }
    }

    /// Tokens of a call to this route.
    pub(crate) fn tokens(self, query: Option<&str>, headers: &HeaderMap) -> u32 {
        let rows = self.rows_per_token.map_or(0, |per_token| rows_asked(query).div_ceil(per_token));
        self.fixed + rows + body(headers)
    }
}

/// Rows of a page when the request does not say.
pub(crate) const ROWS_DEFAULT: u32 = 50;
/// Rows of a page at most.
pub(crate) const ROWS_MAX: u32 = 200;

/// The routes of the API. A test holds this list against the OpenAPI document.
const ROUTES: [(Method, &str, Cost); 20] = [
    // Each thread comes with members and its last message.
    (Method::GET, "/api/chat/threads", Cost::page(25)),
    (Method::POST, "/api/chat/threads", Cost::write(4)),
    (Method::GET, "/api/chat/threads/by-participants", Cost::list(2)),
    (Method::GET, "/api/chat/threads/{thread}", Cost::list(2)),
    (Method::PUT, "/api/chat/threads/{thread}", Cost::write(3)),
    (Method::DELETE, "/api/chat/threads/{thread}", Cost::write(3)),
    (Method::POST, "/api/chat/threads/{thread}/members", Cost::write(3)),
    (Method::DELETE, "/api/chat/threads/{thread}/members", Cost::write(3)),
    (Method::PUT, "/api/chat/threads/{thread}/members/{user}", Cost::write(3)),
    (Method::DELETE, "/api/chat/threads/{thread}/members/{user}", Cost::write(3)),
    (Method::GET, "/api/chat/threads/{thread}/messages", Cost::page(50)),
    (Method::POST, "/api/chat/threads/{thread}/messages", Cost::write(SEND)),
    (Method::GET, "/api/chat/messages/{message}", Cost::read(LEAST)),
    (Method::PUT, "/api/chat/messages/{message}", Cost::write(SEND + 1)),
    (Method::DELETE, "/api/chat/messages/{message}", Cost::write(SEND + 1)),
    (Method::POST, "/api/chat/threads/{thread}/mark-read", Cost::write(2)),
    (Method::GET, "/api/chat/threads/{thread}/receipts", Cost::list(2)),
    (Method::GET, "/api/chat/threads/{thread}/events", Cost::page(50)),
    (Method::GET, "/api/chat/unread-count", Cost::list(2)),
    (Method::GET, "/api/chat/users/{user}", Cost::read(2)),
];

/// The cost of a route by its method and its path with placeholders.
pub(crate) fn of_route(method: &Method, route: &str) -> Option<Cost> {
    // A route of GET answers HEAD too.
    let method = if method == Method::HEAD { &Method::GET } else { method };
    ROUTES.iter().find(|(of, path, _)| of == method && *path == route).map(|(_, _, cost)| *cost)
}

/// Tokens of a frame that asks for this.
pub(crate) fn of_frame(request: &Request, bytes: usize) -> u32 {
    let fixed = match request {
        Request::Send { .. } | Request::Edit { .. } | Request::Delete { .. } => SEND,
        Request::Hello { .. }
        | Request::Read { .. }
        | Request::Typing { .. }
        | Request::Presence { .. }
        | Request::Auth { .. }
        | Request::Ping => LEAST,
    };
    fixed + of_bytes(bytes)
}

/// Tokens of so many bytes; the first few are free.
pub(crate) fn of_bytes(bytes: usize) -> u32 {
    u32::try_from(bytes / BYTES_PER_TOKEN).unwrap_or(u32::MAX / 2)
}

fn body(headers: &HeaderMap) -> u32 {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return UNKNOWN_SIZE;
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    length.map_or(0, of_bytes)
}

/// What `limit` says, before the route has checked it. An encoded name counts as the most that it could stand for.
fn rows_asked(query: Option<&str>) -> u32 {
    let mut rows = ROWS_DEFAULT;
    for pair in query.unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if name.contains('%') {
            return ROWS_MAX;
        }
        if name == "limit" {
            rows = value.parse().unwrap_or(ROWS_MAX).min(ROWS_MAX);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn tokens(method: &Method, route: &str, query: &str, bytes: &str) -> u32 {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_str(bytes).unwrap());
        of_route(method, route).unwrap().tokens(Some(query), &headers)
    }

    #[test]
    fn lists_cost_by_the_rows_asked_for() {
        let messages = "/api/chat/threads/{thread}/messages";
        for (query, expected) in [
            ("", 2),
            ("limit=1", 2),
            ("limit=50&before=9", 2),
            ("before=9&limit=51", 3),
            ("limit=200", 5),
            // Refused by the route, but nothing is cheaper for being wrong.
            ("limit=4000000000", 5),
            ("limit=x", 5),
            ("%6cimit=200", 5),
        ] {
            assert_eq!(tokens(&Method::GET, messages, query, "0"), expected, "{query}");
        }
        let threads = "/api/chat/threads";
        assert_eq!((tokens(&Method::GET, threads, "", "0"), tokens(&Method::GET, threads, "limit=200", "0")), (3, 9));
    }

    #[test]
    fn a_send_costs_more_than_a_ping_and_more_when_it_is_long() {
        let send = "/api/chat/threads/{thread}/messages";
        assert_eq!(tokens(&Method::POST, send, "", "100"), SEND);
        assert_eq!(tokens(&Method::POST, send, "", "65536"), SEND + 4);
        assert_eq!(tokens(&Method::POST, send, "", "x"), SEND);
        assert_eq!(of_frame(&Request::Ping, 15), LEAST);
        const { assert!(SEND > LEAST) };
    }

    #[test]
    fn every_operation_of_the_api_states_its_cost() {
        let document = serde_json::to_value(crate::http::api().into_openapi()).unwrap();
        let mut described = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                assert!(of_route(&method, path).is_some(), "{method} {path} states no cost");
                described += 1;
            }
        }
        assert_eq!(described, ROUTES.len(), "a cost is stated for a route that there is not");
    }
}
