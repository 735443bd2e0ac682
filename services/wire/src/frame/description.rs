//! Describes `/ws` in AsyncAPI 3.0, from the frames themselves.

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::client::{self, KINDS};
use super::requests::{RequestId, Requests};
use super::server::Frame;
use crate::{CloseCode, ErrorCode};

/// Returns the parts of an AsyncAPI 3.0 document that `/ws` fills: `channels`, `operations` and `components`, as an
/// object. The channel has the tables of close codes and error codes, as `x-close-codes` and `x-error-codes`.
pub fn description() -> Value {
    let mut schemas = schemas();
    let requests = take_variants(&mut schemas, "Requests", "ClientFrame", "Request", |name, schema| {
        // Read for every type alike, and nothing is read that is not described.
        schema["properties"]["id"] = reference("schemas", "RequestId");
        schema["additionalProperties"] = false.into();
        schema["title"] = format!("{name}, from the client").into();
    });
    let frames = take_variants(&mut schemas, "Frame", "ServerFrame", "Frame", |name, schema| {
        schema["title"] = format!("{name}, from the edge").into();
    });
    let all = || requests.iter().chain(&frames);
    let messages: Map<String, Value> = all()
        .map(|(kind, name)| {
            let payload = &schemas[name];
            let summary = payload["description"].clone();
            (name.clone(), json!({"name": kind, "summary": summary, "payload": reference("schemas", name)}))
        })
        .collect();
    let of_channel: Map<String, Value> = all().map(|(_, name)| (name.clone(), reference("messages", name))).collect();
    json!({
        "channels": {
            "ws": {
                "address": "/ws",
                "title": "All of one's threads",
                "description": "One JSON object a text frame. The first frame of the client, within a few seconds, is \
                    hello; who cannot send it puts `token` (and `cursor`) into the address, or offers the protocols \
                    `threadline, bearer.<token>`. Clients ignore types and \
                    fields that they do not know. Close codes from 4500 to 4999 mean: do not reconnect.",
                "messages": of_channel,
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0", "query": {
                    "type": "object",
                    "properties": {
                        "token": {"type": "string", "description": "Instead of hello"},
                        "cursor": {"type": "string", "description": "Where to resume; counts with `token`"},
                    },
                }}},
                "x-close-codes": close_codes(),
                "x-error-codes": error_codes(),
            },
        },
        "operations": operations(&requests, &frames),
        "components": {"messages": messages, "schemas": schemas},
    })
}

/// The `type` of each frame and the name of its schema.
type Names = Vec<(String, String)>;

/// Returns the schemas of all frames, and those that they refer to.
fn schemas() -> Map<String, Value> {
    let mut found = vec![
        ("Requests".to_owned(), Requests::schema()),
        ("Frame".to_owned(), Frame::schema()),
        ("RequestId".to_owned(), RequestId::schema()),
    ];
    Requests::schemas(&mut found);
    Frame::schemas(&mut found);
    found.into_iter().map(|(name, schema)| (name, json!(schema))).collect()
}

/// Makes every alternative of the schema `of` a schema of its own, such as `SendRequest`, and `union` of them all.
fn take_variants(
    schemas: &mut Map<String, Value>,
    of: &str,
    union: &str,
    suffix: &str,
    complete: impl Fn(&str, &mut Value),
) -> Names {
    let mut all = schemas.remove(of).expect("the schema is there");
    let Some(Value::Array(variants)) = all["oneOf"].take().into() else { panic!("{of} has alternatives") };
    let mut names = Names::new();
    for mut schema in variants {
        let kind = type_of(&schema).to_owned();
        complete(&kind, &mut schema);
        let name = format!("{}{suffix}", pascal(&kind));
        schemas.insert(name.clone(), schema);
        names.push((kind, name));
    }
    let any: Vec<Value> = names.iter().map(|(_, name)| reference("schemas", name)).collect();
    schemas.insert(union.into(), json!({"description": all["description"], "oneOf": any}));
    names
}

/// Returns the `type` of the frames that a schema describes.
fn type_of(schema: &Value) -> &str {
    let parts = schema["allOf"].as_array().into_iter().flatten().chain([schema]);
    let mut types = parts.filter_map(|part| part["properties"]["type"]["enum"][0].as_str());
    types.next().expect("a frame has a type")
}

/// `token_expiring` as `TokenExpiring`.
fn pascal(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').map(capital).collect()
}

fn reference(section: &str, name: &str) -> Value {
    json!({"$ref": format!("#/components/{section}/{name}")})
}

/// Returns what a client can request, each with its answers, and what the edge sends by itself.
fn operations(requests: &Names, frames: &Names) -> Map<String, Value> {
    let channel = json!({"$ref": "#/channels/ws"});
    let message = |name: &str| json!({"$ref": format!("#/channels/ws/messages/{name}")});
    let frame = |kind: &str| frames.iter().find(|(found, _)| found == kind).map(|(_, name)| message(name));
    let mut operations: Map<String, Value> = KINDS
        .iter()
        .map(|client::Kind { name, answers, .. }| {
            let asks = requests.iter().filter(|(kind, _)| kind == name).map(|(_, name)| message(name));
            let answers: Vec<Value> = answers.iter().filter_map(|kind| frame(kind)).collect();
            let operation = json!({
                "action": "receive",
                "channel": channel,
                "messages": asks.collect::<Vec<_>>(),
                "reply": {"channel": channel, "messages": answers},
            });
            ((*name).to_owned(), operation)
        })
        .collect();
    let unasked = frames.iter().filter(|(kind, _)| !ANSWERS_ONLY.contains(&kind.as_str()));
    let unasked: Vec<Value> = unasked.map(|(_, name)| message(name)).collect();
    operations.insert("push".into(), json!({"action": "send", "channel": channel, "messages": unasked}));
    operations
}

/// Frames that only answer requests. A pong also follows the backlog, and an error also answers a frame whose request
/// could not be read.
const ANSWERS_ONLY: [&str; 2] = ["welcome", "ok"];

fn close_codes() -> Vec<Value> {
    let described =
        |code: &CloseCode| json!({"code": code.number(), "name": code.name(), "reconnect": code.reconnect()});
    CloseCode::ALL.iter().map(described).collect()
}

fn error_codes() -> Vec<Value> {
    let described =
        |code: &ErrorCode| json!({"code": code.name(), "title": code.title(), "retryable": code.retryable()});
    ErrorCode::ALL.iter().map(described).collect()
}
